//! Judging search: how good is each tier on a collection of queries with judged documents?
//!
//! By question:
//! - *What is asked, and what would be right?* [`collection`] reads queries and judgements (BEIR layout, or two TSV
//!   files).
//! - *Which passage of an index is which document?* [`names`].
//! - *What does the engine answer?* [`run`] asks [`Cascade`](crate::search::cascade::Cascade), the code that
//!   browsers run.
//! - *How good is that?* [`metrics`] per query; [`bootstrap`] says how much of it is chance.
//! - *Which weights suit a site?* [`tune`].
//! - *Who is told?* [`report`] gathers the figures, [`table`] and [`plot`] show them to people, [`compare`] holds them against a
//!   baseline.

pub mod bootstrap;
pub mod collection;
pub mod compare;
pub mod metrics;
pub mod names;
pub mod plot;
pub mod report;
pub mod run;
pub mod table;
pub mod tune;
