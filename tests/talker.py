"""An SMTP server that offers what it is told to, keeps the lines it hears, and refuses some of them."""

import asyncio


class Talker:
    """`refuses` is a part of a line, or DATA's text as "text", and the reply to it; else all is well."""

    def __init__(self, extensions: tuple[str, ...], refuses: dict[str, str] | None = None) -> None:
        self.extensions, self.refuses = extensions, refuses or {}
        self.heard: list[str] = []
        self.got: list[bytes] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            self.heard.append(line)
            refusal = next((reply for part, reply in self.refuses.items() if part in line), None)
            if line.startswith("EHLO"):
                lines = ["test", *self.extensions]
                told = [
                    f"250{'-' if number < len(lines) else ' '}{text}" for number, text in enumerate(lines, 1)
                ]
                writer.write(("\r\n".join(told) + "\r\n").encode())
            elif line == "DATA":
                writer.write(b"354 go\r\n")
                text = await reader.readuntil(b"\r\n.\r\n")
                reply = self.refuses.get("text", "250 taken")
                if reply.startswith("250"):
                    self.got.append(text.removesuffix(b".\r\n"))
                writer.write(f"{reply}\r\n".encode())
            else:
                writer.write(f"{refusal or '250 OK'}\r\n".encode())

    def said(self, *verbs: str) -> list[str]:
        """Return the lines that begin with one of these verbs."""
        return [line for line in self.heard if line.startswith(verbs)]
