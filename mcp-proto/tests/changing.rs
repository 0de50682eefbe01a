//! Offers that change while they are served, and clients that are told.

use mcp_proto::client::Opening;
use mcp_proto::handle::client::{Client, ClientBuilder, Update};
use mcp_proto::handle::server::{Cx, Offers, Prompt, Resource, ResourceTemplate, Server, Tool};
use mcp_proto::model::{Change, Changes};
use mcp_proto::sim::{Behaviour, World};
use serde_json::{Value, json};
use std::sync::Arc;

fn text(_: Value, _: Cx) -> &'static str {
    "text"
}

fn connect(world: &World, server: Server, opening: Opening) -> Client {
    let (near, far) = world.link(Behaviour::default());
    let _serving = world.serve(server, far);
    world.connect(ClientBuilder::new("c", "1").opening(opening), near)
}

fn all(uri: &str) -> Changes {
    let lists = Changes::new().tools_list_changed(true).prompts_list_changed(true).resources_list_changed(true);
    lists.resource_subscriptions(vec![uri.to_owned()])
}

const ERAS: [Opening; 2] = [Opening::LegacyOnly, Opening::ModernOnly];

/// A change of what is offered, and what a client hears of it.
type Step = (fn(&Offers), Update);

#[test]
fn clients_are_told_of_what_changes() {
    for era in ERAS {
        let world = World::new(1);
        let server = Server::new("s", "1").changing();
        let offers = server.offers();
        let client = connect(&world, server, era);
        let mut updates = client.listen(all("a:b"));
        let mut next = || world.run(updates.next()).unwrap().unwrap().unwrap();
        assert_eq!(next(), Update::Acknowledged(all("a:b")));
        let resource = |o: &Offers| o.add_resource(Resource::new("a:b", "r"), |_: String, _: Cx| "");
        let template = |o: &Offers| o.add_resource_template(ResourceTemplate::new("{+x}", "x").unwrap(), text);
        let updated = |o: &Offers| o.announcer().announce(&Change::Resource("a:b".to_owned()));
        let steps: [Step; 9] = [
            (|o| o.add_tool(Tool::new("t"), text), Update::ToolsListChanged),
            (|o| assert!(o.remove_tool("t")), Update::ToolsListChanged),
            (|o| o.add_prompt(Prompt::new("p"), text), Update::PromptsListChanged),
            (|o| assert!(o.remove_prompt("p")), Update::PromptsListChanged),
            (resource, Update::ResourcesListChanged),
            (updated, Update::ResourceUpdated("a:b".to_owned())),
            (|o| assert!(o.remove_resource("a:b")), Update::ResourcesListChanged),
            (template, Update::ResourcesListChanged),
            (|o| assert!(o.remove_resource_template("{+x}")), Update::ResourcesListChanged),
        ];
        for (at, (change, expected)) in steps.into_iter().enumerate() {
            change(&offers);
            assert_eq!(next(), expected, "{era:?} {at}");
        }
    }
}

#[test]
fn what_is_added_can_be_called_and_what_is_removed_cannot() {
    for era in ERAS {
        let world = World::new(1);
        let server = Server::new("s", "1").changing();
        let offers = server.offers();
        let client = connect(&world, server, era);
        let call =
            || world.run(client.call_tool("t", json!({}))).unwrap().map(|r| r.content[0].as_text().map(str::to_owned));
        let names =
            || world.run(client.list_tools()).unwrap().map(|t| t.into_iter().map(|t| t.name).collect::<Vec<_>>());
        assert_eq!(names(), Ok(Vec::new()));
        assert_eq!(call().unwrap_err().to_string(), "unknown tool: t (code -32602)");
        offers.add_tool(Tool::new("t"), text);
        assert_eq!((names(), call()), (Ok(vec!["t".to_owned()]), Ok(Some("text".to_owned()))));
        offers.add_tool(Tool::new("t"), |_: Value, _: Cx| "another");
        assert_eq!((names(), call()), (Ok(vec!["t".to_owned()]), Ok(Some("another".to_owned()))));
        assert!(offers.remove_tool("t") && !offers.remove_tool("t"));
        assert!(call().is_err());
    }
}

#[test]
fn nobody_is_told_by_a_server_that_did_not_say_so() {
    for era in ERAS {
        let world = World::new(1);
        let server = Server::new("s", "1").tool(Tool::new("first"), text);
        let offers = server.offers();
        let client = connect(&world, server, era);
        let mut updates = client.listen(all("a:b"));
        offers.add_tool(Tool::new("second"), text);
        // Modern: refused before it is sent, or by the server. Older: nothing of it is accepted.
        let first = world.run(updates.next()).unwrap();
        match era {
            Opening::LegacyOnly => assert_eq!(first.unwrap().unwrap(), Update::Acknowledged(Changes::new())),
            _ => assert!(first.unwrap().is_err()),
        }
        let names: Vec<String> = world.run(client.list_tools()).unwrap().unwrap().into_iter().map(|t| t.name).collect();
        assert_eq!(names, ["first", "second"]);
    }
}

#[test]
fn a_handler_tells_of_what_it_changed() {
    for era in ERAS {
        let world = World::new(1);
        let write = |_: Value, cx: Cx| {
            cx.announcer().announce(&Change::Resource("a:b".to_owned()));
            "written"
        };
        let server = Server::new("s", "1").changing().tool(Tool::new("write"), write);
        let client = connect(&world, server, era);
        let mut updates = client.listen(Changes::new().resource_subscriptions(vec!["a:b".to_owned()]));
        let mut next = || world.run(updates.next()).unwrap().unwrap().unwrap();
        assert!(matches!(next(), Update::Acknowledged(_)));
        world.run(client.call_tool("write", json!({}))).unwrap().unwrap();
        assert_eq!(next(), Update::ResourceUpdated("a:b".to_owned()));
    }
}

#[test]
fn a_connection_that_is_over_is_forgotten() {
    let world = World::new(1);
    let server = Server::new("s", "1").changing();
    let offers = server.offers();
    let (near, far) = world.link(Behaviour::default());
    let serving = world.serve(server, far);
    let client = world.connect(ClientBuilder::new("c", "1"), near);
    world.run(client.server()).unwrap().unwrap();
    assert_eq!(format!("{:?}", offers.announcer()), "Announcer { connections: 1 }");
    drop(client);
    world.run(serving).unwrap();
    assert_eq!(format!("{:?}", offers.announcer()), "Announcer { connections: 0 }");
}

#[test]
fn a_handler_that_holds_the_offers_keeps_no_server() {
    let server = Server::new("s", "1").changing();
    let offers = server.offers();
    let held = Arc::new(());
    let witness = Arc::downgrade(&held);
    let server = server.tool(Tool::new("grow"), move |_: Value, _: Cx| {
        let _held = &held;
        offers.add_tool(Tool::new("more"), text);
        "grown"
    });
    let offers = server.offers();
    let world = World::new(1);
    let client = connect(&world, server, Opening::Probe);
    world.run(client.call_tool("grow", json!({}))).unwrap().unwrap();
    assert!(offers.remove_tool("more"));
    drop((client, world));
    assert_eq!((witness.upgrade(), offers.remove_tool("grow")), (None, false));
}
