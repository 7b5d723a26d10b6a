import { defineCheck } from '../../contract.js'

export const dexSecretNotExpanded = defineCheck({
  id: 'dex-secret-not-expanded',
  topic: 'access',
  severity: 'error',
  title: 'A client of Dex has a variable for a secret',
  why: 'Dex replaces variables in the configuration of its storage and its connectors only. A client with `secret: $NAME` has the text `$NAME` for a secret: it is refused with its real one, and anybody who has read the configuration is let in with the text.',
  evidence: ['dex: cmd/dex/serve.go, staticClients', 'dex: cmd/dex/config.go, replaceEnvKeys'],
  fix: 'Use `secretEnv: NAME`.',
  *run(model) {
    for (const dex of model.dexConfigs) {
      for (const client of dex.items('staticClients')) {
        const secret = client.text('secret')
        const name = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(secret ?? '')?.[1]
        if (name === undefined) continue
        yield {
          message: `the secret of the client ${client.text('id') ?? ''} is the text ${secret}: variables are not replaced here`,
          at: [client.at('secret')],
          fix: `Write \`secretEnv: ${name}\` in place of \`secret: ${secret}\`.`,
          edits: [
            { kind: 'rename', view: client, path: ['secret'], to: 'secretEnv' },
            { kind: 'set', view: client, path: ['secret'], value: name },
          ],
        }
      }
    }
  },
})
