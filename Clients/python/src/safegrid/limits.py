"""Every limit of this client, each with its reason."""

from typing import Final

FRAME_BYTES_MAX: Final = 64 << 10
"""The largest frame payload that this client takes: as much as a server sends, so that a header claims no memory."""

MESSAGE_BYTES_MAX: Final = 4 << 20
"""The largest reply or message that this client takes: as much as a server sends. Lists are paged."""

HELLO_BYTES_MAX: Final = 4096
"""HELLO_OK, before anything is known about the server."""

STREAM_CREDIT_BYTES: Final = 1 << 20
"""Messages that the server may send on a stream before the application takes them. A megabyte keeps a stream busy over
a round trip; it and one message more is what a stream can hold in memory."""

CONNECTION_CREDIT_BYTES: Final = 8 << 20
"""Body bytes on their way to this client, of all calls together. Above `MESSAGE_BYTES_MAX` twice, or a large reply
could wait for ever. It is given back as bytes arrive, not as they are taken: streams that nobody reads hold up no reply;
what they hold is bounded by their own credit."""

REQUEST_OVERHEAD_BYTES: Final = 256
"""What a server charges a request of a stream besides its bytes."""

NESTING_MAX: Final = 64
"""Records inside records: hostile bytes cannot exhaust the stack."""

STREAM_NUMBER_MAX: Final = (1 << 31) - (1 << 16) - 1
"""Stream numbers are odd, rise, and are never used twice. Behind this one a server takes no more, and the connection is
replaced."""

ACTING_FOR_CHARACTERS_MAX: Final = 64
"""What the head of a call declares."""

HEAD_BYTES_MAX: Final = 512
"""Room that the head of a call takes of its frame at most: 64 characters of a name, a key, and numbers."""

HANDSHAKE_SECONDS: Final = 5.0
"""To connect and be greeted: the server ends a handshake that takes longer."""

DEADLINE_GRACE_SECONDS: Final = 0.25
"""How much longer this side waits than it lets the server work. The server knows whether a late command was executed;
this side does not."""

KEEP_SECONDS: Final = 5.0
"""How often the blocking client looks at a socket for which nobody waits. A server gives up a peer that answers no PING
within 15 seconds, or reads nothing within 30."""

RETRY_FIRST_SECONDS: Final = 0.05
"""Before the first repetition: longer than a daemon's hiccup, too short for a person to notice."""

RETRY_LONGEST_SECONDS: Final = 2.0
"""Between two repetitions; each wait is twice the one before, and half of each is random, so that clients which lost
the same server do not come back at once."""

RETRY_BUDGET: Final = 100
"""Repetitions that a client may have spent ahead of those that it earns: a server that cannot keep up is not asked the
same thing over and over by everybody."""

RETRY_BUDGET_PER_SECOND: Final = 10.0
"""Repetitions that a client earns back each second, up to `RETRY_BUDGET`."""

READ_BYTES: Final = 256 << 10
"""Taken from a socket at once: four frames."""

GOODBYE_SECONDS: Final = 1.0
"""To be told goodbye by the peer of a TLS connection that is closed: whoever closes shall not wait for a dead one."""
