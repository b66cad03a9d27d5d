//! The OpenAPI document in the repository is the one that the operations make.

use hallmark_server::routes;

const KEPT: &str = include_str!("../../openapi/hallmark.json");

#[test]
fn the_document_is_not_stale() {
    let made = routes::operations().document().expect("a document");
    let differs = made.lines().zip(KEPT.lines()).find(|(made, kept)| made != kept);
    assert!(
        made == KEPT,
        "openapi/hallmark.json is stale; type: cargo run --release -- openapi > openapi/hallmark.json\n{differs:?}"
    );
}
