"""What do programs send over the network? curl, wget, httpie, `gh api`, nc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.act.guard.http import request_level
from tocsin.act.guard.names import names
from tocsin.act.guard.programs.call import BUILT_SAFER, HARMLESS_TARGETS, Call, Judge, written
from tocsin.act.guard.verbs import destroys, reads
from tocsin.act.guard.verdict import Reason
from tocsin.act.guard.words import Word

_CURL_SHORT_VALUED = "AbcCdDeEFhHKmoPQrtTuUwxXyYz"
_CURL_LONG_VALUED = names(
    """
    --abstract-unix-socket --aws-sigv4 --cacert --capath --cert --cert-type --ciphers --config --connect-timeout
    --connect-to --continue-at --cookie --cookie-jar --crlfile --data --data-ascii --data-binary --data-raw
    --data-urlencode --dns-servers --doh-url --dump-header --egd-file --engine --etag-compare --etag-save
    --expect100-timeout --form --form-string --ftp-method --ftp-port --haproxy-clientip --header --hostpubsha256
    --interface --json --keepalive-time --key --key-type --limit-rate --local-port --login-options --mail-from
    --mail-rcpt --max-filesize --max-redirs --max-time --netrc-file --noproxy --oauth2-bearer --output --output-dir
    --parallel-max --pass --pinnedpubkey --preproxy --proto --proto-default --proto-redir --proxy --proxy-header
    --proxy-user --pubkey --quote --random-file --range --rate --referer --request --request-target --resolve
    --retry --retry-delay --retry-max-time --sasl-authzid --service-name --socks5 --socks5-hostname --speed-limit
    --speed-time --stderr --tls-max --tls13-ciphers --tlsuser --trace --trace-ascii --unix-socket --upload-file
    --url --url-query --user --user-agent --variable --write-out
    """
)
_CURL_DATA = frozenset({"-d", "-F", "--json", "--form", "--form-string"})
_CURL_WRITES = frozenset(
    {"-o", "--output", "-c", "--cookie-jar", "-D", "--dump-header", "--trace", "--trace-ascii"}
)


@dataclass(slots=True)
class _Asked:
    """One request of a curl command; `--next` begins another."""

    methods: list[Word] = field(default_factory=list[Word])
    urls: list[Word] = field(default_factory=list[Word])
    headers: list[str] = field(default_factory=list[str])
    data: list[str] = field(default_factory=list[str])
    uploads: bool = False
    asks: bool = False


def _curl(call: Call) -> list[Reason]:
    asked = [_Asked()]
    found: list[Reason] = []
    for name, value in _curl_options(call.arguments):
        here = asked[-1]
        if name in ("-:", "--next"):
            asked.append(_Asked())
        elif name in ("-K", "--config"):
            found.append(call.reason("change", "reads its options from a file that is not looked into"))
        elif name in ("-Q", "--quote"):
            found.append(call.reason("destroy", "sends commands to an FTP server"))
        elif name in ("-O", "--remote-name", "--remote-name-all", "-J", "--remote-header-name"):
            found.append(call.reason("change", "writes a file named as in the address"))
        elif name in ("-G", "--get", "-I", "--head"):
            here.asks = True
        elif value is not None:
            _curl_value(call, here, name, value, found)
    return [
        reason for each in asked if each.urls or len(asked) == 1 for reason in _curl_level(call, each)
    ] + found


def _curl_value(call: Call, here: _Asked, name: str, value: Word, found: list[Reason]) -> None:
    if name in ("-X", "--request"):
        here.methods.append(value)
    elif name in ("", "--url"):
        here.urls.append(value)
    elif name in ("-H", "--header"):
        here.headers.append(value.text)
    elif name in ("-T", "--upload-file"):
        here.uploads = True
    elif name in _CURL_DATA or name.startswith("--data"):
        here.data.append(value.text)
    elif name in _CURL_WRITES and value.text not in HARMLESS_TARGETS:
        level, why, safer = written(value)
        found.append(call.reason(level, f"{why}: {value.text[:80]}", safer))


def _curl_level(call: Call, asked: _Asked) -> list[Reason]:
    if not all(each.fixed for each in asked.methods):
        return [call.reason("destroy", "the method is only known at run time", BUILT_SAFER)]
    default = "PUT" if asked.uploads else "POST" if asked.data and not asked.asks else "GET"
    methods = [each.text.strip("'\"").upper() for each in asked.methods] or [default]
    urls = [each.text for each in asked.urls] or [""]
    body = "&".join(asked.data)
    return [
        call.reason(*request_level(method, url, asked.headers, body)) for method in methods for url in urls
    ]


def _curl_options(arguments: Sequence[Word]) -> list[tuple[str, Word | None]]:
    """The options of curl with their values, addresses under ""; letters may stand together (`-sSo file`)."""
    found: list[tuple[str, Word | None]] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        text = word.text
        following = arguments[at + 1] if at + 1 < len(arguments) else None
        if text.startswith("--") and len(text) > 2:
            name, equals, value = text.partition("=")
            name = _in_full(name)
            if equals:
                found.append((name, Word(value, word.fixed)))
            elif name in _CURL_LONG_VALUED:
                found.append((name, following))
                at += 1
            else:
                found.append((name, None))
        elif text.startswith("-") and len(text) > 1:
            for position, letter in enumerate(text[1:], start=1):
                if letter in _CURL_SHORT_VALUED:
                    rest = text[position + 1 :]
                    found.append((f"-{letter}", Word(rest, word.fixed) if rest else following))
                    at += 0 if rest else 1
                    break
                found.append((f"-{letter}", None))
        else:
            found.append(("", word))
        at += 1
    return found


def _in_full(name: str) -> str:
    """curl takes a long option also by its first letters: `--req`."""
    if name in _CURL_LONG_VALUED:
        return name
    meant = [each for each in sorted(_CURL_LONG_VALUED) if each.startswith(name)]
    return ("--request" if "--request" in meant else meant[0]) if meant and len(name) > 4 else name


def _wget(call: Call) -> list[Reason]:
    texts = call.texts
    methods = [each.text for each in call.values("--method")]
    sends = any(
        each.startswith(("--post-data", "--post-file", "--body-data", "--body-file")) for each in texts
    )
    body = "&".join(each.text for each in call.values("--post-data", "--body-data"))
    headers = [each.text for each in call.values("--header")]
    urls = [each.text for each in call.plain] or [""]
    found = [
        call.reason(*request_level(method, url, headers, body))
        for method in methods or ["POST" if sends else "GET"]
        for url in urls
    ]
    outputs = {each.text for each in call.values("-O", "--output-document", flags="qncNdv")}
    if "--spider" not in texts and not (outputs and outputs <= HARMLESS_TARGETS):
        found.append(call.reason("change", "writes what it fetched into a file", "wget -O - prints it"))
    return found


def _httpie(call: Call) -> list[Reason]:
    plain = [each.text for each in call.plain]
    if plain and plain[0].isupper():
        return [call.reason(*request_level(plain[0], *plain[1:2]))]
    sends = any(":=" in each or "=" in each.replace("==", "") for each in plain[1:])
    return [call.reason(*request_level("POST" if sends else "GET", *plain[:1]))]


def _gh_api(call: Call) -> list[Reason]:
    methods = [each.text for each in call.values("-X", "--method")]
    sends = bool(call.values("-f", "-F", "--field", "--raw-field", "--input"))
    url = call.plain[0].text if call.plain else ""
    body = "".join(
        f'{{"query": {each.text[6:]!r}}}' for each in call.values("-f", "-F") if each.text[:6] == "query="
    )
    if url == "graphql" and body and "mutation" not in body:
        return [call.reason("read", "asks GraphQL, without a mutation")]
    return [
        call.reason(*request_level(method, url, body=body))
        for method in methods or ["POST" if sends else "GET"]
    ]


def _invoke(call: Call) -> list[Reason]:
    """`Invoke-WebRequest -Method DELETE -Uri …` of PowerShell."""
    options = {each.text.lower(): at for at, each in enumerate(call.arguments) if each.text.startswith("-")}
    at = options.get("-method")
    given = [each.text for each in call.arguments[at + 1 : at + 2]] if at is not None else []
    address = next((each.text for each in call.arguments if "://" in each.text), "")
    found = [call.reason(*request_level(given[0] if given else "GET", address))]
    if "-outfile" in options:
        found.append(call.reason("change", "writes what it fetched into a file"))
    return found


_NC_ASKS = names(
    "stats ruok srvr mntr conf envi stat dump wchs cons info ping head get options quit version helo ehlo"
)


def _nc(call: Call) -> list[Reason] | None:
    """netcat sends what is piped into it; without that, the table knows whether it only asks for the port."""
    if call.fed is None or not call.fed.fixed:
        return None
    said = call.fed.text.lower().split()
    if any(destroys(each) for each in said[:20]):
        return [call.reason("destroy", "sends a word that says that it deletes")]
    if not said or said[0] in _NC_ASKS or reads(said[0]):
        return [call.reason("read", "asks over the network")]
    return [call.reason("change", "sends something over the network")]


JUDGES: dict[str, Judge] = {
    "curl": _curl,
    "wget": _wget,
    **dict.fromkeys(("http", "https", "xh"), _httpie),
    "gh api": _gh_api,
    **dict.fromkeys(("Invoke-WebRequest", "Invoke-RestMethod", "iwr", "irm"), _invoke),
    **dict.fromkeys(("nc", "ncat", "netcat"), _nc),
}
