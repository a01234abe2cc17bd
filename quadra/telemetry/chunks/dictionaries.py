"""The zstd dictionaries of version 1, and the contexts that use them.

A residual's high byte takes one of a few well-known shapes, so its Huffman table need not travel
with each chunk: 60 to 80 bytes saved of 512. A dictionary here is little more than such a table
(RFC 8878, section 5). What is below is frozen: chunks on disk are read with it, so a new set gets
a new version. The tables came from the shapes in ``models`` by package-merge (Larmore and
Hirschberg 1990) with codes of at most 11 bits; zstd's own trainer counts only the literals that
its matches leave over, which costs up to a third on narrow shapes.

The content of each dictionary is 2 KB that no residual resembles, and the repeat offsets point
into it: independent residuals have nothing to match, and a match found by chance costs more than
it saves.
"""

from __future__ import annotations

import base64
import struct
from functools import cache

import zstandard

_MAGIC = 0xEC30A437
_ID = 1
_REACH = 2048
_CONTENT = b"\xfd\xfe\xff\xfc" * (_REACH // 4)
# Offsets, match lengths, literal lengths: the default distributions of RFC 8878, 3.1.1.3.2.2.
_FSE = bytes.fromhex(
    "20841042664644444444244902002114c418638c21841042082184104208214444444444444444240900005110638c31"
    "c618630c21c4186366668646920400"
)
# (bits a residual takes, Huffman table in base 85)
TABLES: tuple[tuple[int, str], ...] = (
    (8, "5fQK}C}cSEe>3?hMg6L(R#g"),
    (8, "6A_RHDM;Es3<DtO<ohY5O8tKo"),
    (8, "7ZAvjBpv+!|NsAw0R3-UBYSTtWlAZf"),
    (8, "8W6~mBpv+!|NsAULEqZe2qAm#Ev1xFrj!B"),
    (8, "9T3QpBnSNe|Nno9=>KnRYpoGN$liNbL_|bHqzn"),
    (8, "BM`8Xv<?FR000002s*~lT5BC+j0hn_v;Y4m+g-A~DJdya"),
    (8, "C=ie`vmFBi00RI607HOt&RvzeJM+xUM5wB&{{R2~Up7b}fdmpn1^"),
    (8, "IS{y#)&cPU|NsC0|NsC0|6kBrYpu18F~%5Uj0how5JCvi?EnA&|DSAk$#$1)cgc2FL_|bHM9K"),
    (8, "K@gZT;{pFLFfcGMFfcGMFfcGMFa&pZcXxMp=9!t9nVASxRaI40RaM|0_y_)hf8Za0t%a?Ht%a?Ht%a?Ht+f"),
    (
        8,
        (
            "P7r`YWC#5J|NsC0|NsC0|NsC0j{wNb%*@Qp%*@Qc>aY5%{;I#~BULw2bt6?bQgzcP000000000000000"
            "0001zBuSDaNs=T<l9U1"
        ),
    ),
    (
        8,
        (
            "Ob|#^_5c6?0000000000000000JHrg+CQTGBicWreNEFeP17_@(=<(Uxkdp10000000000007`0rT$Us"
            "AEo|L>K~>4QR*ME0R"
        ),
    ),
    (
        8,
        (
            "OAr|5tOs{@cXxO9OGVm6+C|z$+C|z$+C>_#TN<xh8n0U#uUi_gOITrr6;@bbg%ws<VTBb|Sm6Nx00000"
            "0000000000004lH"
        ),
    ),
    (8, "7ZAXbB<V0P12ZrKD;*>H|Jz0g*;1wy"),
    (8, "8xX*fB<V0P12ZrKfW;UQ`u|&NTO(xeEu~BW"),
    (8, "91y^gB<V0P12ZrK2Vz7B{r|1Ct+hr7*;`7P0s"),
    (8, "ArQ!tBpv+!|Np--Lg@ehzqQud)><Qk5VH5)Qc5XPN&x"),
    (8, "B@nRMG#vu~000002s*}?iBMJj|NsB3wPxK!gzUZdmQqS7Qwj"),
    (8, "G7!*`qyqo|00000008{?|NsC0x7J!~t!=Hf)>><X5JCtcd+)vX-cm{_rIa$Ilu`-"),
    (8, "I}o^=Gzaki|NsC0|NsC0|Nn?kRaI40{r~^}|Nq}wYpu1`+SXcYt+m!oL_|bHM2M79N-3q3Ql^vw"),
    (8, "LJ^QwRrUWf&ph+YGtWHp%rh^|NzBa5%*@P8RaI40RaI5p-QC^Y-QC^o?(XjH?(Xh(cXxMpcXxOH|NsC0|Ns9"),
    (
        8,
        (
            "O%RAgL=OW1000000000000000004mb2lxSgfFIxo_{pk`tlG$`jjS3%0aZX1Pz6*0{r128Z~xo>_P<;q"
            "MMx1+gcKpAOev+5QVI"
        ),
    ),
    (
        8,
        (
            "QV?iW)dM`h7Z32o1AOrSUp&AU5AfAd6h%=KMNt$*Q55CA@B6;*`@Zk{zVCaQrfHg{X_}^Knx+Zw`@Zk{"
            "zVG|K@B2Q>vMkH8EX%Si%d%4"
        ),
    ),
    (8, "2M}-{GsiFv"),
    (8, "1`y~68;l7"),
    (8, "2@q%>3;+NRP)Y"),
    (8, "2oT^0Eo}U6Oa"),
    (8, "4iIP`3;+NC(BKL$xT*&"),
    (8, "4G`c5Eo?1pEv>4mdIA"),
    (8, "7Z6|{&&<rs%*@Qp{QrugD2k#eilR6d"),
    (4, "4iV6+)d2tij4pvpK>bw"),
    (4, "84<8cp)iaA^Z$QW-+~}@8nXIS(&|&cS_J"),
    (4, "84<8cp)iaA^Z$Q)Q`aG&AF`%Y(&|&cS_J"),
    (4, "9uc4`NHUB8&&<q4*cN7vP3Gg|-;R@?)@qZVQfd_"),
    (4, "E)h`ACP@cBGcz+S!jwNxe0U^!@JOgVawOCbCPza3w0Il|^;4=N%6{_G|E~f"),
    (4, "LlCGmO*%6(Gcz+2@lC~HY6?}hM$xlBjPRW^Bm6#MMe){FtSH{vDRabcmRy-5ezSzM&V%rqC1i8wLHNxQvbRhD"),
    (4, "4iV7H&KLjyj4dAwM5$E"),
    (4, "91(y^lB5H}0000m%40kejT%kw89udH_vx=z0R"),
    (4, "F%Zy_qyqo|0002MpZ|0DZ`+LVTO&OFZ6kY(`L>ZQ8Gzr&-jZ5>BU?&pwT*0<QVI"),
    (
        4,
        (
            "Q4nxN)dK@F%rL_Y^B6Hm6eR>lS%1M}>3=t3Ox|Z16jGZcR&1$FVq3A*Cb4Y=OKoCXqBi@?a1>ji&kRSg"
            "6-{hQ5^d(%@htlS`UW&fQVI"
        ),
    ),
)

_WINDOW_LOG = 17  # no column is longer, so that all frames are of one segment
# The decoder writes a frame's head itself, so a head holds the content's size and nothing else.
_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    1,
    source_size=_REACH,
    window_log=_WINDOW_LOG,
    min_match=7,
    hash_log=6,  # nothing is to be matched, and a small table is quickly cleared
    format=zstandard.FORMAT_ZSTD1_MAGICLESS,
    write_content_size=1,
    write_checksum=0,
    write_dict_id=0,
)
_PLAIN_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    3,
    source_size=_REACH,
    window_log=_WINDOW_LOG,
    format=zstandard.FORMAT_ZSTD1_MAGICLESS,
    write_content_size=1,
    write_checksum=0,
    write_dict_id=0,
)


@cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    table = base64.b85decode(TABLES[number][1])
    head = struct.pack("<II", _MAGIC, _ID)
    offsets = struct.pack("<III", _REACH, _REACH, _REACH)
    data = b"".join((head, table, _FSE, offsets, _CONTENT))
    made = zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_FULLDICT)
    made.precompute_compress(compression_params=_PARAMETERS)
    return made


class Contexts:
    """The compressors and decompressors of one caller, each made when first asked for.

    A zstd context serves one thread at a time and lets go of the interpreter's lock while it
    works, so callers borrow a set (``borrow``) and give it back (``give_back``).
    """

    def __init__(self) -> None:
        self._compressors: dict[int | None, zstandard.ZstdCompressor] = {}
        self._decompressors: dict[int | None, zstandard.ZstdDecompressor] = {}

    def compressor(self, number: int | None) -> zstandard.ZstdCompressor:
        """Give the compressor with dictionary ``number``, or without one."""
        made = self._compressors.get(number)
        if made is None:
            made = (
                zstandard.ZstdCompressor(compression_params=_PLAIN_PARAMETERS)
                if number is None
                else zstandard.ZstdCompressor(
                    dict_data=_dictionary(number), compression_params=_PARAMETERS
                )
            )
            self._compressors[number] = made
        return made

    def compressors(self, numbers: list[int]) -> list[zstandard.ZstdCompressor]:
        """Give the compressors with dictionaries ``numbers``, one after another."""
        made = {number: self.compressor(number) for number in set(numbers)}
        return [made[number] for number in numbers]

    def decompressor(self, number: int | None) -> zstandard.ZstdDecompressor:
        """Give the decompressor with dictionary ``number``, or without one."""
        made = self._decompressors.get(number)
        if made is None:
            made = zstandard.ZstdDecompressor(
                dict_data=None if number is None else _dictionary(number),
                format=zstandard.FORMAT_ZSTD1_MAGICLESS,
            )
            self._decompressors[number] = made
        return made


_idle: list[Contexts] = []


def borrow() -> Contexts:
    """Take a set of contexts that nobody else uses; list.pop is atomic, so no lock is needed."""
    try:
        return _idle.pop()
    except IndexError:
        return Contexts()


def give_back(contexts: Contexts) -> None:
    """Return what ``borrow`` gave."""
    _idle.append(contexts)
