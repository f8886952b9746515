//! Bytes of a client → messages. Decides from a frame's header, before it keeps any of the payload.

use bytes::Bytes;

use super::{
    CONTROL_BYTES_MAX, LargeRule, Message, Verdict, Violation,
    encoder::Opcode,
    header::{Header, HeaderBytes},
    mask::unmask,
};
use crate::settings::{FRAGMENTS_MAX, MESSAGE_BYTES_MAX};

/// How large a message may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of a message, all its fragments together.
    pub message_bytes: usize,
    /// The most fragments of a message, empty ones counted.
    pub fragments: usize,
    /// Which messages may be large; `None` looks at sizes only.
    pub large: Option<LargeRule>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message_bytes: MESSAGE_BYTES_MAX, fragments: FRAGMENTS_MAX, large: None }
    }
}

/// Reads the frames of one client.
///
/// It keeps what has arrived of the message and of the control frame in progress, in buffers of its own that grow
/// with what has arrived, never with what was announced.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    header: HeaderBytes,
    frame: Option<Frame>,
    message: Option<Partial>,
    control: Vec<u8>,
    state: State,
}

/// Whether more can come.
#[derive(Debug, Clone, Copy)]
enum State {
    Open,
    /// A close frame came; what follows does not count.
    Closed,
    Broken(Violation),
}

/// The frame whose payload is arriving.
#[derive(Debug)]
struct Frame {
    header: Header,
    arrived: usize,
}

/// The message whose fragments are arriving.
#[derive(Debug)]
struct Partial {
    text: bool,
    bytes: Vec<u8>,
    fragments: usize,
    /// What its frames have announced so far.
    announced: usize,
    /// Whether it is large and its beginning has not been judged yet.
    in_question: bool,
}

impl Decoder {
    /// A decoder for a fresh connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            header: HeaderBytes::default(),
            frame: None,
            message: None,
            control: Vec::new(),
            state: State::Open,
        }
    }

    /// Sets the most bytes of a message; counts from the next frame on.
    pub fn set_message_bytes(&mut self, bytes: usize) {
        self.limits.message_bytes = bytes;
    }

    /// Whether part of a message or frame has arrived and the rest has not.
    #[must_use]
    pub fn is_amid_message(&self) -> bool {
        self.header.is_started() || self.frame.is_some() || self.message.is_some()
    }

    /// Takes bytes from the front of `input` until something is complete; `None` when all were taken first.
    ///
    /// Nothing counts after a close frame: all is taken, and the answer is `None`.
    ///
    /// # Errors
    /// [`Violation`], and the same again for whatever comes after it.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Violation> {
        let result = match self.state {
            State::Broken(violation) => Err(violation),
            State::Closed => Ok(None),
            State::Open => self.advance(input),
        };
        match &result {
            Ok(Some(Message::Close { .. })) => self.state = State::Closed,
            Ok(_) => {}
            Err(violation) => self.state = State::Broken(*violation),
        }
        if !matches!(self.state, State::Open) {
            *input = &[];
            self.header = HeaderBytes::default();
            (self.frame, self.message, self.control) = (None, None, Vec::new());
        }
        result
    }

    fn advance(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Violation> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => {
                    let Some(header) = self.header.read(input)? else { return Ok(None) };
                    if !header.opcode.is_control() {
                        self.admit(header)?;
                    }
                    Frame { header, arrived: 0 }
                }
            };
            self.take_payload(&mut frame, input)?;
            if frame.arrived < frame.header.length {
                self.frame = Some(frame);
                return Ok(None);
            }
            if let Some(message) = self.finish(frame.header)? {
                return Ok(Some(message));
            }
        }
    }

    /// Judges a data frame by its header.
    fn admit(&mut self, header: Header) -> Result<(), Violation> {
        let partial = match (header.opcode, &mut self.message) {
            (Opcode::Continuation, Some(partial)) => partial,
            (Opcode::Text | Opcode::Binary, slot @ None) => slot.insert(Partial {
                text: header.opcode == Opcode::Text,
                bytes: Vec::new(),
                fragments: 0,
                announced: 0,
                in_question: false,
            }),
            _ => return Err(Violation::FragmentOrder),
        };
        partial.fragments += 1;
        if partial.fragments > self.limits.fragments {
            return Err(Violation::TooManyFragments);
        }
        let before = partial.announced;
        partial.announced = before.saturating_add(header.length);
        if partial.announced > self.limits.message_bytes {
            return Err(Violation::TooLarge);
        }
        if let Some(rule) = self.limits.large {
            partial.in_question |= before <= rule.above && partial.announced > rule.above;
            partial.question(&rule)?;
        }
        Ok(())
    }

    /// Moves what has arrived of a frame's payload into the message, or into the control frame.
    fn take_payload(&mut self, frame: &mut Frame, input: &mut &[u8]) -> Result<(), Violation> {
        let wanted = frame.header.length.saturating_sub(frame.arrived);
        let (payload, rest) = input.split_at_checked(wanted).unwrap_or((*input, &[]));
        *input = rest;
        let into = match &mut self.message {
            Some(partial) if !frame.header.opcode.is_control() => &mut partial.bytes,
            _ => &mut self.control,
        };
        let start = into.len();
        into.extend_from_slice(payload);
        unmask(into.get_mut(start..).unwrap_or_default(), frame.header.mask, frame.arrived);
        frame.arrived += payload.len();
        match (&mut self.message, self.limits.large) {
            (Some(partial), Some(rule)) => partial.question(&rule),
            _ => Ok(()),
        }
    }

    /// A frame is complete.
    fn finish(&mut self, header: Header) -> Result<Option<Message>, Violation> {
        match header.opcode {
            Opcode::Ping => Ok(Some(Message::Ping(self.take_control()))),
            Opcode::Pong => Ok(Some(Message::Pong(self.take_control()))),
            Opcode::Close => close(&self.take_control()).map(Some),
            Opcode::Continuation | Opcode::Text | Opcode::Binary if !header.last => Ok(None),
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                self.message.take().map(Partial::into_message).transpose()
            }
        }
    }

    /// The payload of a control frame, in memory of just its size.
    fn take_control(&mut self) -> Bytes {
        debug_assert!(self.control.len() <= CONTROL_BYTES_MAX, "the header was judged");
        Bytes::from(std::mem::take(&mut self.control).into_boxed_slice())
    }
}

impl Partial {
    /// Judges the beginning of a large message as soon as enough of it is there.
    fn question(&mut self, rule: &LargeRule) -> Result<(), Violation> {
        if self.in_question {
            match rule.verdict(self.text, &self.bytes) {
                Verdict::Admit => self.in_question = false,
                Verdict::Refuse => return Err(Violation::TooLarge),
                Verdict::Undecided => {}
            }
        }
        Ok(())
    }

    fn into_message(mut self) -> Result<Message, Violation> {
        if self.in_question {
            // It ended before its beginning said enough.
            return Err(Violation::TooLarge);
        }
        if self.text {
            self.bytes.shrink_to_fit();
            String::from_utf8(self.bytes).map(Message::Text).map_err(|_| Violation::NotUtf8)
        } else {
            Ok(Message::Binary(Bytes::from(self.bytes.into_boxed_slice())))
        }
    }
}

/// What a close frame says.
fn close(payload: &[u8]) -> Result<Message, Violation> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        // Without a code, or with half of one.
        let empty = Message::Close { code: None, reason: String::new() };
        return if payload.is_empty() { Ok(empty) } else { Err(Violation::CloseFrame) };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::CloseFrame);
    }
    let reason = str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Message::Close { code: Some(code), reason: reason.to_owned() })
}
