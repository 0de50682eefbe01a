// A stdio server of both eras on the public TypeScript SDK.
//
//     typescript_server.mjs MODULES
//
// MODULES is the directory whose `node_modules` has the SDK. The SDK picks the era from the first message of the
// connection. The tool `echo` writes to stderr and logs to the client, if that asked for it, before it answers.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.argv[2], 'here'));
const { McpServer, fromJsonSchema } = require('@modelcontextprotocol/server');
const { serveStdio } = require('@modelcontextprotocol/server/stdio');

serveStdio(() => {
    const server = new McpServer({ name: 'typescript-server', version: '1.2.3' }, { capabilities: { logging: {} } });
    const inputSchema = fromJsonSchema({
        type: 'object',
        properties: { message: { type: 'string' } },
        required: ['message'],
    });
    const description = 'Answers with the message it was given';
    server.registerTool('echo', { description, inputSchema }, async ({ message }, ctx) => {
        console.error('a line on stderr');
        await ctx.mcpReq.log('info', 'about to answer');
        return { content: [{ type: 'text', text: message }] };
    });
    return server;
});
