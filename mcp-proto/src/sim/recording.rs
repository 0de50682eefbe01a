//! What a machine was told and what it did, as text, and once more from the text.

use super::escape::{duration, escape, number, seconds, unescape, word};
use crate::error::Fault;
use crate::machine::{Input, Machine, Output};
use crate::tap::Direction;
use crate::time::Time;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A command as text on one line, and back.
pub trait Spell: Sized {
    /// As text on one line. What it means is all there.
    fn spell(&self) -> String;

    /// What [`spell`](Self::spell) wrote.
    ///
    /// # Errors
    /// It did not write that.
    fn read(text: &str) -> Result<Self, Unreadable>;
}

/// An event as text on one line. Two events with the same text are the same.
pub trait Tell {
    /// As text on one line.
    fn tell(&self) -> String;
}

/// A text that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not {what}: {text}")]
pub struct Unreadable {
    what: &'static str,
    text: String,
}

impl Unreadable {
    pub(super) fn new(what: &'static str, text: &str) -> Self {
        Self { what, text: text.chars().take(64).flat_map(char::escape_debug).collect() }
    }
}

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// An input, spelled out.
    Told(Time, String),
    /// An output, spelled out.
    Did(String),
    /// Asked for an output, it had none.
    Rested,
}

/// A whole session of a machine. Its text has one line for each item:
///
/// ```text
/// 0 read {"jsonrpc":"2.0","id":1,"method":"ping"}\n
/// > write {"jsonrpc":"2.0","id":1,"result":{}}\n
///
/// 1.5 written 37
/// ```
///
/// A line that begins with an instant (in seconds) is an input, one that begins with `>` an output; an empty
/// line says that there was no further output. It keeps everything, so it grows with the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording(Vec<Line>);

impl Recording {
    /// Tells another machine the same, asks it for outputs at the same places, and records that. The same
    /// machine gives the same recording.
    ///
    /// # Errors
    /// An input can't be read.
    pub fn replay<M>(&self, machine: M) -> Result<Self, Unreadable>
    where
        M: Machine<Command: Spell, Event: Tell>,
    {
        let mut recorder = Recorder::new(machine);
        for line in &self.0 {
            match line {
                Line::Told(now, input) => recorder.handle_input(*now, read_input(input)?),
                Line::Did(_) | Line::Rested => drop(recorder.poll_output()),
            }
        }
        Ok(recorder.recording)
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            match line {
                Line::Told(now, input) => writeln!(f, "{} {input}", seconds(now.since(Time::ORIGIN)))?,
                Line::Did(output) => writeln!(f, "> {output}")?,
                Line::Rested => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl FromStr for Recording {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let line = |line: &str| {
            if line.is_empty() {
                return Ok(Line::Rested);
            }
            match word(line) {
                (">", output) => Ok(Line::Did(output.to_owned())),
                (now, input) => Ok(Line::Told(Time::from_elapsed(duration(now)?), input.to_owned())),
            }
        };
        text.lines().map(line).collect::<Result<_, _>>().map(Self)
    }
}

/// A machine that writes down what it is told and what it does.
#[derive(Debug)]
pub struct Recorder<M> {
    machine: M,
    recording: Recording,
}

impl<M> Recorder<M> {
    /// Records from here on. For a replay the machine must be new.
    pub const fn new(machine: M) -> Self {
        Self { machine, recording: Recording(Vec::new()) }
    }

    /// The machine.
    pub const fn machine(&self) -> &M {
        &self.machine
    }

    /// What happened so far.
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }
}

impl<M> Machine for Recorder<M>
where
    M: Machine<Command: Spell, Event: Tell>,
{
    type Command = M::Command;
    type Event = M::Event;

    fn handle_input(&mut self, now: Time, input: Input<M::Command>) {
        self.recording.0.push(Line::Told(now, spell_input(&input)));
        self.machine.handle_input(now, input);
    }

    fn poll_output(&mut self) -> Option<Output<M::Event>> {
        let output = self.machine.poll_output();
        match &output {
            Some(output) => self.recording.0.push(Line::Did(tell_output(output))),
            None if self.recording.0.last() == Some(&Line::Rested) => {}
            None => self.recording.0.push(Line::Rested),
        }
        output
    }

    /// Looks at more all the same: a recording has one kind of asking.
    fn poll_said(&mut self) -> Option<Output<M::Event>> {
        self.poll_output()
    }

    fn has_unread(&self) -> bool {
        self.machine.has_unread()
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.machine.poll_timeout()
    }

    fn wants_read(&self) -> bool {
        self.machine.wants_read()
    }
}

fn spell_input<C: Spell>(input: &Input<C>) -> String {
    match input {
        Input::Read(bytes) => format!("read {}", escape(bytes)),
        Input::ReadEnd(None) => "read-end".to_owned(),
        Input::ReadEnd(Some(why)) => format!("read-end {}", escape(why.as_bytes())),
        Input::Written(n) => format!("written {n}"),
        Input::Failed(fault) => format!("failed {}", spell_fault(fault)),
        Input::WriteFailed(fault) => format!("write-failed {}", spell_fault(fault)),
        Input::Command(command) => format!("command {}", escape(command.spell().as_bytes())),
        Input::Timeout => "timeout".to_owned(),
    }
}

fn read_input<C: Spell>(text: &str) -> Result<Input<C>, Unreadable> {
    let (what, rest) = word(text);
    Ok(match what {
        "read" => Input::Read(unescape(rest)?),
        "read-end" if rest.is_empty() && !text.contains(' ') => Input::ReadEnd(None),
        "read-end" => Input::ReadEnd(Some(unescaped(rest)?)),
        "written" => Input::Written(number(rest)?.0),
        "failed" => Input::Failed(read_fault(rest)?),
        "write-failed" => Input::WriteFailed(read_fault(rest)?),
        "command" => Input::Command(C::read(&unescaped(rest)?)?),
        "timeout" => Input::Timeout,
        _ => return Err(Unreadable::new("an input", text)),
    })
}

fn spell_fault(fault: &Fault) -> String {
    match fault {
        Fault::Broken(why) => format!("broken {}", escape(why.as_bytes())),
        Fault::WriteStalled(bound) => format!("write-stalled {}", seconds(*bound)),
        Fault::Flooded(owed) => format!("flooded {owed}"),
    }
}

fn read_fault(text: &str) -> Result<Fault, Unreadable> {
    Ok(match word(text) {
        ("broken", why) => Fault::Broken(unescaped(why)?),
        ("write-stalled", bound) => Fault::WriteStalled(duration(bound)?),
        ("flooded", owed) => Fault::Flooded(number(owed)?.0),
        _ => return Err(Unreadable::new("a fault", text)),
    })
}

fn unescaped(text: &str) -> Result<String, Unreadable> {
    String::from_utf8(unescape(text)?.to_vec()).map_err(|_| Unreadable::new("UTF-8", text))
}

fn tell_output<E: Tell>(output: &Output<E>) -> String {
    match output {
        Output::Write(bytes) => format!("write {}", escape(bytes)),
        Output::Finish => "finish".to_owned(),
        Output::Closed(why) => format!("closed {}", escape(why.to_string().as_bytes())),
        Output::Event(event) => format!("event {}", escape(event.tell().as_bytes())),
        Output::Frame(frame) => {
            let direction = match frame.direction {
                Direction::Read => "read",
                Direction::Written => "written",
            };
            format!("frame {direction} {} {}", frame.length, escape(&frame.bytes))
        }
    }
}
