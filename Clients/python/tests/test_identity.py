"""Who calls: tokens, and TLS in both clients."""

import asyncio
import subprocess
import tempfile
import unittest

from running import Daemon, basic, needs_daemon, started

from safegrid import (
    AsyncClient,
    CallError,
    Client,
    ConnectError,
    Empty,
    Grant,
    Person,
    PutPersons,
    ReadJournal,
    Role,
    StatusCode,
    tls_context,
)
from safegrid.identity import Identity, check_token

WHOLE = "sgt_" + "00" * 32 + "aa36918a"
"""The token of 32 zero bytes: RFC 3720 B.4 has their checksum."""


class TokenTests(unittest.TestCase):
    def test_a_slip_in_a_token_is_found_before_anybody_is_asked(self) -> None:
        self.assertEqual(check_token(f" {WHOLE}\n"), WHOLE)
        slips = [WHOLE[:index] + "7" + WHOLE[index + 1 :] for index in range(4, len(WHOLE))]
        for wrong in ["", "sgt_", WHOLE[:-1], WHOLE + "0", WHOLE[4:], WHOLE.upper(), *slips]:
            with self.assertRaises(ValueError):
                Client.connect("tcp://192.0.2.1:1", token=wrong)

    def test_a_token_is_not_shown(self) -> None:
        self.assertNotIn("00", repr(Identity(WHOLE)))


@needs_daemon
class IdentityTests(unittest.TestCase):
    daemon: Daemon

    def setUp(self) -> None:
        self.daemon = started(self)
        self.token = self.daemon.tool("admin", "token", "create", "--for", "gm1").strip()
        self.tls = tls_context(ca=self.daemon.certificate)

    def test_a_token_says_who_calls(self) -> None:
        for endpoint in [self.daemon.unix, self.daemon.tcp, self.daemon.tls]:
            with Client.connect(endpoint, token=self.token, tls=self.tls) as grid:
                self.assertEqual(grid.greeting.principal, "person:gm1")
                self.assertEqual(grid.greeting.roles, [f"grid_member@{basic.CELL}"])

    def test_a_token_says_who_calls_on_asyncio(self) -> None:
        async def call() -> None:
            async with await AsyncClient.connect(self.daemon.tls, token=self.token, tls=self.tls) as grid:
                self.assertEqual(grid.greeting.principal, "person:gm1")
                self.assertEqual((await grid.admin.status(Empty())).test_store, True)

        asyncio.run(call())

    def test_nobody_is_anybody_without_a_token(self) -> None:
        for token, reason in [(None, "must show a token"), (WHOLE, "the token is not accepted")]:
            with self.assertRaisesRegex(ConnectError, reason):
                Client.connect(self.daemon.tls, token=token, tls=self.tls)
            with self.assertRaisesRegex(ConnectError, reason):
                asyncio.run(AsyncClient.connect(self.daemon.tls, token=token, tls=self.tls))

    def test_a_server_for_whom_nobody_vouches_is_not_talked_to(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            other = f"{folder}/other.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
                + ["-subj", "/CN=other", "-keyout", f"{folder}/key.pem", "-out", other],
                check=True,
                capture_output=True,
            )
            for context in [None, tls_context(ca=other)]:
                with self.assertRaisesRegex(ConnectError, "CERTIFICATE_VERIFY_FAILED"):
                    Client.connect(self.daemon.tls, token=self.token, tls=context)
                with self.assertRaisesRegex(ConnectError, "CERTIFICATE_VERIFY_FAILED"):
                    asyncio.run(AsyncClient.connect(self.daemon.tls, token=self.token, tls=context))

    def test_a_stream_of_many_records_comes_whole(self) -> None:
        """TLS hands out less than it has decrypted: what is left must not wait for the next packet."""
        auditor = Person(id="auditor", name="审计", grants=[Grant(role=Role.AUDITOR)])
        with Client.connect(self.daemon.unix) as grid:
            for _ in range(300):
                grid.person.put(PutPersons(persons=[auditor]))
        token = self.daemon.tool("admin", "token", "create", "--for", "auditor").strip()
        with Client.connect(self.daemon.tls, token=token, tls=self.tls) as grid:
            with grid.audit.read(ReadJournal()) as entries:
                sequences = [entry.sequence for entry in entries]
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))
        self.assertGreater(len(sequences), 300)

    def test_an_ended_token_ends_the_power_of_an_open_connection(self) -> None:
        with Client.connect(self.daemon.tls, token=self.token, tls=self.tls) as grid:
            grid.admin.status(Empty())
            self.daemon.tool("admin", "advance-clock", "90d")
            with self.assertRaises(CallError) as raised:
                grid.admin.status(Empty())
        self.assertEqual(raised.exception.status, StatusCode.UNAUTHENTICATED)


if __name__ == "__main__":
    unittest.main()
