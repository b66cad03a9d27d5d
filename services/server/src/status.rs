//! The revocation path: questions that wait together are answered by one statement, from one snapshot.

use crate::batcher::Batcher;
use crate::caller::Call;
use crate::error::ApiError;
use crate::facts::Facts;
use hallmark_api::account::AccountId;
use hallmark_store::revocation::{Answer, Question};
use hallmark_store::{Epoch, Store};
use std::sync::Arc;

struct Asked {
    caller: AccountId,
    question: Question,
}

/// An answer, and the epoch of the caller's account in its snapshot.
type Told = Result<(Answer, Epoch), String>;

/// The reader of one replica.
#[derive(Debug)]
pub struct StatusReader {
    rounds: Batcher<Asked, Told>,
    facts: Arc<Facts>,
}

impl StatusReader {
    /// A reader of this database.
    pub fn new(store: Store, facts: Arc<Facts>) -> Self {
        let rounds = Batcher::start(move |asked: Vec<Asked>| {
            let store = store.clone();
            async move { read(&store, asked).await }
        });
        Self { rounds, facts }
    }

    /// What the record says, provided that the call's judgement holds in the snapshot it is read from.
    pub async fn answer(&self, call: &Call, question: Question) -> Result<Answer, ApiError> {
        let caller = call.principal().account.clone();
        let asked = Asked { caller, question };
        let (answer, epoch) = self.rounds.ask(asked).await?.map_err(ApiError::internal)?;
        if epoch != call.epoch() {
            // The facts are older than the answer: the caller must be entitled to it as of now.
            let known = self.facts.confirm_credential(&call.credential().access_key_id).await?;
            call.judge(&known.ok_or(ApiError::UnrecognizedClient)?.fact.credential, None)?;
        }
        Ok(answer)
    }
}

async fn read(store: &Store, asked: Vec<Asked>) -> Vec<Told> {
    let mut callers: Vec<AccountId> = asked.iter().map(|asked| asked.caller.clone()).collect();
    callers.sort();
    callers.dedup();
    let (of, questions): (Vec<_>, Vec<_>) =
        asked.into_iter().map(|asked| (asked.caller, asked.question)).unzip();
    match store.revocation_status(&callers, &questions).await {
        Ok(told) => {
            let mut answers = told.answers.into_iter();
            of.iter()
                .map(|caller| {
                    let answer = answers.next().ok_or("a question was not answered")?;
                    let epoch = told.epochs.get(caller).ok_or("the caller's account is gone")?;
                    Ok((answer, *epoch))
                })
                .collect()
        }
        Err(error) => vec![Err(error.to_string()); of.len()],
    }
}
