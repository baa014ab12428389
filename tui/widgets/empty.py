"""What a host shows on which nothing is patched."""

from textual.strip import Strip

from model.caption import link_kind, main_address, no_address
from model.names import display_name
from tui.session import Session
from tui.widgets.line import Line
from tui.widgets.painted import Painted


class EmptyHost(Painted):
    """What is there, what is not, and what to do next."""

    def __init__(self, session: Session) -> None:
        super().__init__("empty")
        self._session = session

    def paint(self, width: int, height: int) -> list[Strip]:
        if not self._session.is_read:
            return [self.line().strip(), self._at(width).write("Reading the host ...", "muted").strip()]
        lines = list(self._lines(width))
        above = max(0, min(4, (height - len(lines)) // 2))
        return [self.line().strip()] * above + [line.strip() for line in lines]

    def _at(self, width: int) -> Line:
        return self.line().to(max(1, (width - 58) // 2))

    def _lines(self, width: int) -> list[Line]:
        graph = self._session.graph
        lines = [self._at(width).write("Nothing is patched here yet.", "strong", bold=True), self.line()]
        lines.append(self._at(width).write("host"))
        own = sorted(graph.links(graph.home), key=lambda link: link.id.ifindex) if graph.home is not None else []
        for link in own[:6]:
            line = self._at(width)
            start = line.at
            is_up = link.up and link.carrier
            line.write(line.pen.signs.up if is_up else line.pen.signs.down, "text" if is_up else "dim").write(" ")
            line.write(display_name(link.name), room=9).to(start + 12)
            address = main_address(graph, link.id)
            line.write(address.cidr if address else no_address(graph, link.id), "text" if address else "dim").to(
                start + 32
            )
            if link.kind != "loopback":
                line.write(link_kind(graph, link), "muted")
            lines.append(line)
        lines += [self.line(), self._at(width).write("No bridge, no container, no other namespace was found.", "muted")]
        lines.append(self.line())
        for key, words in (
            ("n", "new bridge, veth, macvlan or namespace"),
            ("D", "open the practice lab: safe to try, needs no root"),
            ("?", "keys"),
        ):
            lines.append(self._at(width).write(key, "strong", bold=True).write(f"  {words}"))
        lines.append(self.line())
        lines.append(self._at(width).write("Looking again as things appear; you need not refresh.", "muted"))
        return lines
