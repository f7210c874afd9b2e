"""A mail server that keeps what it is given: STARTTLS is required, one user may log in, one mailbox does not exist.

usage: mail_sink.py CERT KEY FOLDER      prints its port; each mail becomes FOLDER/N.eml
"""
import os, signal, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from ports import free_port

certificate, key, folder = sys.argv[1:4]


class Keep:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Keep.count += 1
        name = os.path.join(folder, f"{Keep.count}.eml")
        with open(name + ".part", "wb") as file:
            file.write(envelope.content)
        os.rename(name + ".part", name)
        return "250 OK"


def judge(server, session, envelope, mechanism, data):
    good = data.login == b"yujing" and data.password == b"open sesame"
    return AuthResult(success=good, handled=False)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
port = free_port()  # the library wants to know it beforehand
controller = Controller(Keep(), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True,
                        authenticator=judge, auth_required=True)
controller.start()
print(port, flush=True)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
controller.stop()
