"""A client of SafeGrid, the daemon underneath a county's workplace-safety grid 安全生产网格.

    with safegrid.Client.connect("unix:/run/safegrid.sock") as grid:
        print(grid.admin.status(safegrid.Empty()))

`Client` blocks, `AsyncClient` is for asyncio. Both have one attribute for each service of the IDL, with one method for each
of its methods; requests and replies are the dataclasses of this module, refusals its exceptions.
"""

from .aio import AsyncClient as AsyncClient
from .blocking import Client as Client
from .calls import AsyncExchange as AsyncExchange
from .calls import AsyncMessages as AsyncMessages
from .calls import AsyncUpload as AsyncUpload
from .calls import Exchange as Exchange
from .calls import Messages as Messages
from .calls import Upload as Upload
from .errors import CallError as CallError
from .errors import ConnectError as ConnectError
from .errors import DecodingError as DecodingError
from .errors import EncodingError as EncodingError
from .errors import Outcome as Outcome
from .errors import ProtocolError as ProtocolError
from .errors import Refusal as Refusal
from .errors import SafeGridError as SafeGridError
from .errors import StatusCode as StatusCode
from .generated.errors import *
from .generated.records import *
from .identity import tls_context as tls_context
from .labels import Label as Label
from .labels import OpenEnum as OpenEnum
from .scalars import CHINA as CHINA
from .scalars import EPOCH as EPOCH
from .scalars import UNSET_DATE as UNSET_DATE
from .scalars import USCC as USCC
from .scalars import Fen as Fen
from .scalars import GridCode as GridCode
from .scalars import HazardNumber as HazardNumber
from .scalars import Term as Term
from .scalars import TermUnit as TermUnit
from .scalars import whole_milliseconds as whole_milliseconds
from .wire import Record as Record

__version__ = "0.1.0"
