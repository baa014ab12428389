"""The policy file: what it says, and what is wrong with it, by line. Nothing misspelt is passed over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.policy import GuardRule, Pin, Policy, SealRule, Selector
from model.policy_text import BadPolicies, read_policies

WHOLE = """\
# what stays true here

[[policy]]
name = "tinderbox" # the build box
match = { runtime = "lxc", owner = "tinderbox", link = "eth0" }
pin = { name = "{owner}-{link}", mac = "derived" }
guard = { ipv4 = ["192.168.1.50"], ipv6 = ["2001:db8::50"], dhcp = false }

[[policy]]
name = "shop"
match.label = { project = "shop" }
match.bridge = "br-*"
[policy.seal]
to = "br0"
tcp = [873, 3128]
udp = [123]
mac = "02-00-00-00-00-0B"
"""


def problems(text: str) -> list[str]:
    read = read_policies(text if text.endswith("\n") else text + "\n")
    assert isinstance(read, BadPolicies)
    return [str(problem) for problem in read.problems]


def one(rest: str) -> str:
    return f'[[policy]]\nname = "x"\nmatch = {{ owner = "x" }}\n{rest}\n'


def test_a_file_says_whose_cables_and_what_must_stay_true_of_them() -> None:
    assert read_policies(WHOLE) == (
        Policy(
            "tinderbox",
            Selector("lxc", "tinderbox", link="eth0"),
            Pin("{owner}-{link}", "derived"),
            GuardRule(None, ("192.168.1.50",), ("2001:db8::50",), dhcp=False),
        ),
        Policy(
            "shop",
            Selector(labels=(("project", "shop"),), bridge="br-*"),
            seal=SealRule("br0", (873, 3128), (123,), "02:00:00:00:00:0b"),
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "policy = []\n"])
def test_a_file_that_asks_for_nothing_is_good(text: str) -> None:
    assert read_policies(text) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[policy]]\nname = "x', "line 2: it is no TOML"),
        ("[[policy]\n", "line 1: it is no TOML"),
        ('\n\npolcy = "x"', "line 3: 'polcy' is unknown here"),
        ("policy = 3\n", "line 1: policy must be a list"),
        (one("gaurd = { }"), "line 4: policy 1: 'gaurd' is unknown"),
        (one("guard = {\nipv4 = [],\nipv5 = [] }".replace("\n", " ")), "line 4: policy 1: 'guard.ipv5' is unknown"),
        (one('guard = { ipv4 = ["192.168.1.50/24"] }'), "line 4: policy 1: guard: '192.168.1.50/24' is no IPv4"),
        (one('guard = { ipv4 = "192.168.1.50" }'), "line 4: policy 1: guard.ipv4 must be a list of texts"),
        (one('guard = { mac = "01:00:5e:00:00:01" }'), "line 4: policy 1: guard.mac: 01:00:5e:00:00:01 cannot be"),
        (one("guard = { dhcp = 1 }"), "line 4: policy 1: guard.dhcp must be true or false"),
        (one("guard = true"), "line 4: policy 1: guard must be a table"),
        (one("seal = { tcp = [70000] }"), "line 4: policy 1: seal: 70000 is no port number"),
        (one("seal = { tcp = [true] }"), "line 4: policy 1: seal.tcp must be a list of numbers"),
        (one("seal = { }\nguard = { }"), "line 5: policy 1: a seal is a guard, too"),
        (one("pin = { }"), "line 4: policy 1: a pin needs a name, a mac or both"),
        (one('pin = { name = "{uid}" }'), "line 4: policy 1: pin.name: {uid} is nothing that a name can hold"),
        (one('pin = { name = "{link}" }'), "line 4: policy 1: pin.name: the container chooses {link}"),
        (one('pin = { name = "{owner" }'), "line 4: policy 1: pin.name: a { or a } is left over"),
        (one('pin = { name = "a name" }'), "line 4: policy 1: pin.name: the kernel refuses a space"),
        (one('pin = { mac = "made up" }'), "line 4: policy 1: pin.mac: 'made up' is no MAC address"),
        (one(""), "line 1: policy 1: it asks for nothing"),
        ("[[policy]]\nmatch = { owner = 'x' }\npin = { name = 'x' }", "line 1: policy 1: a policy needs a name"),
        ("[[policy]]\nname = 'x'\npin = { name = 'x' }", "line 1: policy 1: a policy needs a match"),
        ("[[policy]]\nname = 'x'\nmatch = { link = 'e' }\nguard = { }", "line 3: policy 1: match must say whose"),
        (one("guard = { }") + one("guard = { }"), "line 6: policy 2: there are two policies called 'x'"),
        (WHOLE + "\n\x1b = 1", "line 19: it is no TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, said: str) -> None:
    found = problems(text)
    assert any(problem.startswith(said) for problem in found), found
    assert all(problem.isprintable() for problem in found)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert len(problems(one("guard = { ipv5 = [] }\nsael = { }") + one("pin = { name = '{x}' }"))) == 3


def test_a_header_inside_a_text_leads_to_no_wrong_line() -> None:
    text = 'name = """\n[[policy]]\n"""\n' + one("gaurd = { }")
    assert all(not problem.startswith("line 5: policy 1") for problem in problems(text))


@given(st.integers(1, len(WHOLE) - 1))
def test_a_file_that_breaks_off_within_a_line_is_bad(end: int) -> None:
    half = WHOLE[:end]
    assert isinstance(read_policies(half), BadPolicies) or half.endswith("\n")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    read_policies(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_a_value_of_any_kind_is_read_or_refused(value: object) -> None:
    written = str(value).replace("None", '""').replace("True", "true").replace("False", "false")
    for key in ("name", "match", "pin", "guard", "seal", "guard.ipv4", "seal.tcp", "match.label", "pin.name"):
        read_policies(f"[[policy]]\n{key} = {written}\n")
