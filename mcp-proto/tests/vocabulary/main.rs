//! Every type of the vocabulary reads and writes what the schemas of its revisions have.

mod fixture;
mod restrict;
mod rules;

use fixture::{Fixture, definitions, fixtures};
use mcp_proto::model::extension::tasks;
use mcp_proto::model::*;
use mcp_proto::rpc::{ErrorObject, MAX_DEPTH, Object, Raw};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// What is read is written again, in every revision that has it; nothing in it was unknown.
fn same<T: Serialize + DeserializeOwned + Restrict + Clone + Debug>(fixture: &Fixture, json: &Raw) -> Sent {
    let of = format!("{fixture:?}");
    let text = json.as_str();
    let json: &Value = &json.parse().unwrap();
    let value: T = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {of}"));
    assert_eq!(&serde_json::to_value(&value).unwrap(), json, "{of}");
    // Here members are sorted, so that what decides between kinds does not come first.
    let sorted: T = serde_json::from_str(&json.to_string()).unwrap_or_else(|e| panic!("{e}: {of}"));
    assert_eq!(&serde_json::to_value(&sorted).unwrap(), json, "{of}");
    let from_value: T = serde_json::from_value(json.clone()).unwrap_or_else(|e| panic!("{e}: {of}"));
    assert_eq!(&serde_json::to_value(&from_value).unwrap(), json, "{of}");
    let sent: Sent = Revision::SPOKEN
        .iter()
        .map(|revision| {
            let mut sent = value.clone();
            sent.restrict(*revision);
            (*revision, serde_json::to_value(&sent).unwrap())
        })
        .collect();
    for (revision, sent) in &sent {
        let is_legal = fixture.revisions().any(|legal| legal == *revision);
        assert!(!is_legal || sent == json, "sent to a peer of {revision}: {sent}: {of}");
    }

    // Members that the machines read and write are not those of the types, unless one needs them.
    let mut own = json.clone();
    for name in ENVELOPE {
        let mut less = own.clone();
        let removed = less.as_object_mut().and_then(|members| members.remove(name));
        if removed.is_some() && serde_json::from_value::<T>(less.clone()).is_ok() {
            own = less;
        }
    }
    let known = format!("{:?}", serde_json::from_value::<T>(own).unwrap());
    assert!(!known.contains("extra: {\"") && !known.contains("Other("), "not all of it is known: {known}: {of}");
    sent
}

const ENVELOPE: [&str; 4] = ["_meta", "resultType", "inputResponses", "requestState"];

fn whole<T: Serialize + DeserializeOwned + Restrict + Clone + Debug>(fixture: &Fixture) -> Sent {
    same::<T>(fixture, &Raw::new(fixture.json.clone(), MAX_DEPTH).unwrap())
}

fn member<T: Serialize + DeserializeOwned + Restrict + Clone + Debug>(
    fixture: &Fixture,
    path: &[&str],
) -> (Value, Sent) {
    let message = Raw::new(fixture.json.clone(), MAX_DEPTH).unwrap();
    let found = path.iter().try_fold(message.clone(), |json, name| Object::from_raw(json)?.get(name));
    let sent = same::<T>(fixture, &found.unwrap_or(Raw::empty_object()));
    (message.parse().unwrap(), sent)
}

fn request<M: Method + DeserializeOwned + Restrict + Clone + Debug>(fixture: &Fixture) -> Sent {
    let (message, sent) = member::<M>(fixture, &["params"]);
    assert_eq!(message["method"], M::FACTS.name);
    for revision in fixture.revisions() {
        let is_sent = [Receiver::Server, Receiver::Client].iter().any(|to| M::FACTS.is_legal(revision, *to));
        let asked = revision.era() == Era::Modern && QUESTIONS.contains(&M::FACTS.name);
        assert!(is_sent || asked, "{} in {revision}", M::FACTS.name);
    }
    sent
}

fn notification<T: Serialize + DeserializeOwned + Restrict + Clone + Debug>(fixture: &Fixture) -> Sent {
    let (message, sent) = member::<T>(fixture, &["params"]);
    let facts = notification_facts(message["method"].as_str().unwrap()).unwrap();
    for revision in fixture.revisions() {
        let is_sent = [Receiver::Server, Receiver::Client].iter().any(|to| facts.is_legal(revision, *to));
        assert!(is_sent, "{} in {revision}", facts.name);
    }
    sent
}

fn error<T: Serialize + DeserializeOwned + Restrict + Clone + Debug>(fixture: &Fixture) -> Sent {
    let (message, sent) = member::<T>(fixture, &["error", "data"]);
    let code = match fixture.definition {
        "HeaderMismatchError" => HEADER_MISMATCH,
        "MissingRequiredClientCapabilityError" => MISSING_CAPABILITY,
        "UnsupportedProtocolVersionError" => UNSUPPORTED_VERSION,
        "URLElicitationRequiredError" => URL_ELICITATION_REQUIRED,
        other => panic!("{other}"),
    };
    assert_eq!(message["error"]["code"], code);
    sent
}

/// Parameters of notifications that say nothing.
type Nothing = EmptyResult;

/// What goes to a peer of each revision.
type Sent = Vec<(Revision, Value)>;

type Check = fn(&Fixture) -> Sent;

/// The types, by the definitions they are for. That of a request's or notification's parameters is checked with it.
const TYPES: &[(&str, Check)] = &[
    ("Annotations", whole::<Annotations>),
    ("AudioContent", whole::<AudioContent>),
    ("BlobResourceContents", whole::<BlobResourceContents>),
    ("BooleanSchema", whole::<BooleanSchema>),
    ("CallToolRequest", request::<CallTool>),
    ("CallToolResult", whole::<CallToolResult>),
    ("CancelTaskRequest", request::<CancelTask>),
    ("CancelTaskResult", whole::<Task>),
    ("CancelledNotification", notification::<Cancelled>),
    ("ClientCapabilities", whole::<ClientCapabilities>),
    ("CompleteRequest", request::<Complete>),
    ("CompleteResult", whole::<CompleteResult>),
    ("ContentBlock", whole::<Content>),
    ("CreateMessageRequest", request::<CreateMessage>),
    ("CreateMessageResult", whole::<CreateMessageResult>),
    ("CreateTaskResult", whole::<CreateTaskResult>),
    ("DiscoverRequest", request::<Discover>),
    ("DiscoverResult", whole::<DiscoverResult>),
    ("ElicitRequest", request::<Elicit>),
    ("ElicitRequestFormParams", whole::<ElicitForm>),
    ("ElicitRequestURLParams", whole::<ElicitUrl>),
    ("ElicitResult", whole::<ElicitResult>),
    ("ElicitationCompleteNotification", notification::<ElicitationComplete>),
    ("EmbeddedResource", whole::<EmbeddedResource>),
    ("EmptyResult", whole::<EmptyResult>),
    ("EnumSchema", whole::<FormField>),
    ("Error", whole::<ErrorObject>),
    ("GetPromptRequest", request::<GetPrompt>),
    ("GetPromptResult", whole::<GetPromptResult>),
    ("GetTaskPayloadRequest", request::<GetTaskPayload>),
    ("GetTaskPayloadResult", whole::<Raw>),
    ("GetTaskRequest", request::<GetTask>),
    ("GetTaskResult", whole::<Task>),
    ("HeaderMismatchError", error::<Nothing>),
    ("Icon", whole::<Icon>),
    ("ImageContent", whole::<ImageContent>),
    ("Implementation", whole::<Implementation>),
    ("InitializeRequest", request::<Initialize>),
    ("InitializeResult", whole::<InitializeResult>),
    ("InitializedNotification", notification::<Nothing>),
    ("InputRequest", whole::<InputRequest>),
    ("InputRequests", whole::<BTreeMap<String, InputRequest>>),
    ("InputRequiredResult", whole::<InputRequired>),
    ("InputResponse", whole::<ElicitResult>),
    ("InputResponseRequestParams", whole::<InputAnswers>),
    ("InputResponses", whole::<BTreeMap<String, Raw>>),
    ("InternalError", whole::<ErrorObject>),
    ("InvalidParamsError", whole::<ErrorObject>),
    ("InvalidRequestError", whole::<ErrorObject>),
    ("LegacyTitledEnumSchema", whole::<SelectSchema>),
    ("ListPromptsRequest", request::<ListPrompts>),
    ("ListPromptsResult", whole::<ListPromptsResult>),
    ("ListResourceTemplatesRequest", request::<ListResourceTemplates>),
    ("ListResourceTemplatesResult", whole::<ListResourceTemplatesResult>),
    ("ListResourcesRequest", request::<ListResources>),
    ("ListResourcesResult", whole::<ListResourcesResult>),
    ("ListRootsRequest", request::<ListRoots>),
    ("ListRootsResult", whole::<ListRootsResult>),
    ("ListTasksRequest", request::<ListTasks>),
    ("ListTasksResult", whole::<ListTasksResult>),
    ("ListToolsRequest", request::<ListTools>),
    ("ListToolsResult", whole::<ListToolsResult>),
    ("LoggingLevel", whole::<Level>),
    ("LoggingMessageNotification", notification::<LogMessage>),
    ("MethodNotFoundError", whole::<ErrorObject>),
    ("MissingRequiredClientCapabilityError", error::<MissingCapability>),
    ("ModelHint", whole::<ModelHint>),
    ("ModelPreferences", whole::<ModelPreferences>),
    ("MultiSelectEnumSchema", whole::<FormField>),
    ("NumberSchema", whole::<NumberSchema>),
    ("ParseError", whole::<ErrorObject>),
    ("PingRequest", request::<Ping>),
    ("PrimitiveSchemaDefinition", whole::<FormField>),
    ("ProgressNotification", notification::<Progress>),
    ("Prompt", whole::<Prompt>),
    ("PromptArgument", whole::<PromptArgument>),
    ("PromptListChangedNotification", notification::<Nothing>),
    ("PromptMessage", whole::<PromptMessage>),
    ("PromptReference", whole::<Reference>),
    ("ReadResourceRequest", request::<ReadResource>),
    ("ReadResourceResult", whole::<ReadResourceResult>),
    ("RelatedTaskMetadata", whole::<RelatedTask>),
    ("Resource", whole::<Resource>),
    ("ResourceLink", whole::<ResourceLink>),
    ("ResourceListChangedNotification", notification::<Nothing>),
    ("ResourceReference", whole::<Reference>),
    ("ResourceTemplate", whole::<ResourceTemplate>),
    ("ResourceTemplateReference", whole::<Reference>),
    ("ResourceUpdatedNotification", notification::<ResourceUpdated>),
    ("Role", whole::<Role>),
    ("Root", whole::<Root>),
    ("RootsListChangedNotification", notification::<Nothing>),
    ("SamplingMessage", whole::<SamplingMessage>),
    ("SamplingMessageContentBlock", whole::<Content>),
    ("ServerCapabilities", whole::<ServerCapabilities>),
    ("SetLevelRequest", request::<SetLevel>),
    ("SingleSelectEnumSchema", whole::<FormField>),
    ("StringSchema", whole::<StringSchema>),
    ("SubscribeRequest", request::<Subscribe>),
    ("SubscriptionFilter", whole::<Changes>),
    ("SubscriptionsAcknowledgedNotification", notification::<Acknowledged>),
    ("SubscriptionsListenRequest", request::<Listen>),
    ("SubscriptionsListenResult", whole::<ListenResult>),
    ("Task", whole::<Task>),
    ("TaskMetadata", whole::<TaskMetadata>),
    ("TaskStatus", whole::<TaskStatus>),
    ("TaskStatusNotification", notification::<Task>),
    ("TextContent", whole::<TextContent>),
    ("TextResourceContents", whole::<ResourceContents>),
    ("TitledMultiSelectEnumSchema", whole::<MultiSelectSchema>),
    ("TitledSingleSelectEnumSchema", whole::<SelectSchema>),
    ("Tool", whole::<Tool>),
    ("ToolAnnotations", whole::<ToolAnnotations>),
    ("ToolChoice", whole::<ToolChoice>),
    ("ToolExecution", whole::<ToolExecution>),
    ("ToolListChangedNotification", notification::<Nothing>),
    ("ToolResultContent", whole::<ToolResultContent>),
    ("ToolUseContent", whole::<ToolUseContent>),
    ("URLElicitationRequiredError", error::<UrlElicitationRequired>),
    ("UnsubscribeRequest", request::<Unsubscribe>),
    ("UnsupportedProtocolVersionError", error::<UnsupportedVersion>),
    ("UntitledMultiSelectEnumSchema", whole::<FormField>),
    ("UntitledSingleSelectEnumSchema", whole::<FormField>),
    ("tasks.CancelTaskRequest", request::<tasks::CancelTask>),
    ("tasks.CancelTaskResult", whole::<EmptyResult>),
    ("tasks.CreateTaskResult", whole::<tasks::Task>),
    ("tasks.GetTaskRequest", request::<tasks::GetTask>),
    ("tasks.GetTaskResult", whole::<tasks::Task>),
    ("tasks.Task", whole::<tasks::Task>),
    ("tasks.TaskStatusNotification", notification::<tasks::Task>),
    ("tasks.UpdateTaskRequest", request::<tasks::UpdateTask>),
    ("tasks.UpdateTaskResult", whole::<EmptyResult>),
];

/// Definitions without a fixture, and why.
const WITHOUT: &[(&str, &[&str])] = &[
    (
        "an envelope of JSON-RPC, which `rpc` reads and writes and has tests of its own for",
        &[
            "CallToolResultResponse",
            "CompleteResultResponse",
            "DiscoverResultResponse",
            "GetPromptResultResponse",
            "JSONRPCBatchRequest",
            "JSONRPCBatchResponse",
            "JSONRPCError",
            "JSONRPCErrorResponse",
            "JSONRPCMessage",
            "JSONRPCNotification",
            "JSONRPCRequest",
            "JSONRPCResponse",
            "JSONRPCResultResponse",
            "ListPromptsResultResponse",
            "ListResourceTemplatesResultResponse",
            "ListResourcesResultResponse",
            "ListToolsResultResponse",
            "ReadResourceResultResponse",
            "SubscriptionsListenResultResponse",
        ],
    ),
    (
        "a union of messages that have fixtures each; which of them is legal where is in `MethodFacts`",
        &["ClientNotification", "ClientRequest", "ClientResult", "ServerNotification", "ServerRequest", "ServerResult"],
    ),
    (
        "only what other definitions have in common, each of which has its fixture",
        &[
            "Annotated",
            "BaseMetadata",
            "CacheableResult",
            "Icons",
            "Notification",
            "NotificationParams",
            "PaginatedRequest",
            "PaginatedRequestParams",
            "PaginatedResult",
            "Request",
            "RequestParams",
            "ResourceContents",
            "ResourceRequestParams",
            "Result",
            "TaskAugmentedRequestParams",
        ],
    ),
    ("any JSON, which is `Raw`", &["JSONArray", "JSONObject", "JSONValue"]),
    ("a string or a number without a type of its own", &["Cursor", "ProgressToken", "RequestId", "ResultType"]),
    (
        "a map open to everybody, whose members are read by their names, which are in `model::meta`",
        &[
            "MetaObject",
            "NotificationMetaObject",
            "RequestMetaObject",
            "ResultMetaObject",
            "SubscriptionsListenResultMetaObject",
        ],
    ),
];

fn check(fixture: &Fixture) -> Sent {
    let (_, check) =
        TYPES.iter().find(|(name, _)| *name == fixture.definition).unwrap_or_else(|| panic!("{fixture:?}"));
    check(fixture)
}

#[test]
fn every_type_writes_what_it_reads() {
    fixtures().iter().for_each(|fixture| drop(check(fixture)));
}

/// Kinds that are missing as a whole before 2025-11-25. There is nothing to make of them: the machines ask for no web
/// page there, and forms leave out fields to choose several values.
const WHOLE: [(&str, &str); 2] = [("ElicitRequest", r#""mode":"url""#), ("EnumSchema", r#""type":"array""#)];

/// Fixtures have every member that is legal, so what none of a revision has does not go there.
#[test]
fn no_revision_gets_a_member_it_lacks() {
    let members = |json: &Value| -> BTreeSet<String> {
        let names = json.as_object().into_iter().flat_map(|members| members.keys().cloned());
        names.collect()
    };
    let fixtures = fixtures();
    let all: Vec<(&Fixture, Sent)> = fixtures.iter().map(|fixture| (fixture, check(fixture))).collect();
    for definition in definitions() {
        let of_it: Vec<_> = all.iter().filter(|(fixture, _)| fixture.definition == definition.definition).collect();
        for revision in definition.revisions() {
            let sent =
                |sent: &Sent| sent.iter().find(|(to, _)| *to == revision).map(|(_, json)| members(json)).unwrap();
            let legal = of_it.iter().filter(|(fixture, _)| fixture.revisions().any(|r| r == revision));
            let mut known: BTreeSet<String> = legal.flat_map(|(_, all)| sent(all)).collect();
            known.extend(ENVELOPE.map(str::to_owned));
            for (fixture, all) in &of_it {
                let (_, kind) = WHOLE.iter().find(|(name, _)| *name == fixture.definition).unwrap_or(&("", "none"));
                if !revision.is_since(Revision::V2025_11_25) && fixture.json.contains(kind) {
                    continue;
                }
                let unknown: Vec<String> = sent(all).difference(&known).cloned().collect();
                assert_eq!(unknown, [""; 0], "sent to a peer of {revision}: {fixture:?}");
            }
        }
    }
}

#[test]
fn every_definition_has_a_fixture_or_a_reason() {
    let fixtures = fixtures();
    let without: BTreeSet<&str> = WITHOUT.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let covers = |fixture: &Fixture, name: &str, revision: Revision| {
        let whole = fixture.definition == name || name.strip_suffix("Params") == Some(fixture.definition);
        whole && fixture.revisions().any(|r| r == revision)
    };
    let (mut missing, mut excused) = (Vec::new(), BTreeSet::new());
    for definition in definitions() {
        for revision in definition.revisions() {
            let covered = fixtures.iter().any(|fixture| covers(fixture, definition.definition, revision));
            if without.contains(definition.definition) {
                excused.insert(definition.definition);
                assert!(!covered, "{} has a fixture: take it off the list", definition.definition);
            } else if !covered {
                missing.push(format!("{} in {revision}", definition.definition));
            }
        }
    }
    assert_eq!(missing, [""; 0]);
    assert_eq!(excused, without, "some of these are no definitions");
    let defined: BTreeSet<&str> = definitions().iter().map(|d| d.definition).collect();
    let typed: BTreeSet<&str> = TYPES.iter().map(|(name, _)| *name).collect();
    assert_eq!(typed.difference(&defined).collect::<Vec<_>>(), [&""; 0], "these are no definitions");
    let found: BTreeSet<&str> = fixtures.iter().map(|fixture| fixture.definition).collect();
    assert_eq!(typed.difference(&found).collect::<Vec<_>>(), [&""; 0], "these have no fixture");
}
