"""Who owns a network namespace: a container, a pod, a VM, a process. One file for each runtime.

`finder` is the door. A process belongs to a container (`membership`) because its cgroup says so, or the supervisor
above it (`claim`); its runtime's files and socket describe that (`description`); the owners come of it (`assembly`).
"""
