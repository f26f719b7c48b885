"""Processes that own something: who is dead, and who is another machine's."""

from index import processes


def test_a_machine_of_the_same_name_is_another_one() -> None:
    machine, pid, _ = processes.owner().split(":")
    host, boot, namespace = machine.split("/")
    assert boot
    assert not processes.is_dead(f"{host}/0{boot[1:]}x/{namespace}:{pid}:00000000")
    assert len(processes.owner()) <= 80


def test_a_predecessor_with_our_process_id_is_dead() -> None:
    machine, pid, _ = processes.owner().split(":")
    assert processes.is_dead(f"{machine}:{pid}:00000000")
    assert not processes.is_dead(processes.owner())
