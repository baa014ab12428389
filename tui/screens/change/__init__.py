"""The dialogs that change something: each one's fields make a wish, the wish a plan, and the plan is what is done."""
