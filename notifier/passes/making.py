"""Drafts become mails: the slow part of sending, for which no ledger is needed nor locked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from notifier.digest.summary_content import Summary
from notifier.errors import MailTooBig, NotifierError, TemplateError
from notifier.ledger.outbox import MessageRecord
from notifier.mail.compose import Composer, Envelope
from notifier.mail.gate import MAX_BYTES
from notifier.mail.transport import Outgoing
from notifier.passes.notices import Owed
from notifier.passes.ops import Choice
from notifier.passes.sampling import Sampling
from notifier.people.directory import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message with what it is to say: the bytes that may have gone already, what a contact or what ops are told."""

    message: MessageRecord
    content: bytes | Owed | Choice | Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of a draft: a mail, or why there is none, and what is to be told of how it was made."""

    draft: Draft
    body: bytes = b""
    fault: Exception | None = None
    fallback: TemplateError | None = None
    too_big: str | None = None
    is_spared: bool = False  # nobody reads it, and it would be as sound as others


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What it takes to make mails: templates, and the way by which all mail goes."""

    composer: Composer
    sender: str
    redirect_to: str | None
    zone: ZoneInfo
    contacts: Mapping[str, Contact]
    sampling: Sampling | None = None  # where nobody reads the mails

    def make(self, draft: Draft) -> Made:
        """Return what becomes of a draft; whatever goes wrong is its `fault`."""
        try:
            if isinstance(draft.content, bytes):
                return Made(draft=draft, body=draft.content)
            if isinstance(draft.content, Owed):
                return self._compose(draft, draft.content)
            told = draft.content.bulletin if isinstance(draft.content, Choice) else draft.content
            if told is None:
                raise NotifierError("nothing to tell")
            return Made(draft=draft, body=self.composer.compose_bulletin(told, self._envelope(draft.message)))
        except Exception as error:
            return Made(draft=draft, fault=error)

    def _envelope(self, message: MessageRecord) -> Envelope:
        return Envelope(
            to_name=message.name,
            to_address=self.redirect_to or message.address,
            message_id=message.message_id,
            date=message.slot.astimezone(self.zone),
            redirected_from=message.address if self.redirect_to else None,
            language=self._language(message),
        )

    def _language(self, message: MessageRecord) -> str:
        contact = self.contacts.get(message.contact)
        return "" if contact is None else contact.language

    def _compose(self, draft: Draft, owed: Owed) -> Made:
        """Return the mail of a digest: by the templates, or the built-in text where they fail or make too much.

        Where that is too big for the server, too, it is a short list of the tasks.
        """
        language = self._language(draft.message)
        if self.sampling is not None and self.sampling.spares(draft.message, language, owed):
            return Made(draft=draft, is_spared=True)
        digest = owed.digest()
        envelope, limit = self._envelope(draft.message), draft.message.at_most
        at_most = MAX_BYTES if limit is None else limit
        made = Made(draft=draft)
        for plain in (False, True):
            try:
                body = self.composer.compose(digest, envelope, plain=plain)
            except TemplateError as error:
                made = replace(made, fallback=error)  # what is owed is worth more than how it looks
            except MailTooBig as error:
                made = replace(made, too_big=str(error) if limit is None else None)
            else:
                if len(body) <= at_most:
                    if self.sampling is not None and not plain:
                        self.sampling.was_sound(draft.message, language, owed)
                    return replace(made, body=body)
        return replace(made, body=self.composer.compose_short(digest, envelope, at_most=at_most))

    def outgoing(self, message: MessageRecord, body: bytes) -> Outgoing:
        """Return a mail as a transport takes it."""
        return Outgoing(
            id=message.id,
            address=self.redirect_to or message.address,
            sender=self.sender,
            data=body,
            message_id=message.message_id,
        )
