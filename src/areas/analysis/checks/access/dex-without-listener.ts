import { defineCheck } from '../../contract.js'

export const dexWithoutListener = defineCheck({
  id: 'dex-without-listener',
  topic: 'access',
  severity: 'error',
  title: 'Dex is told no address to listen on',
  why: 'Dex ends at once with `must supply a HTTP/HTTPS address to listen on`, so nobody can log in anywhere.',
  evidence: ['dex: cmd/dex/config.go, Validate'],
  fix: 'Add `web: {http: 0.0.0.0:5556}`, or `https` with `tlsCert` and `tlsKey`.',
  *run(model) {
    for (const dex of model.dexConfigs) {
      // Argo CD writes the rest of the configuration of the Dex it brings itself.
      if (!dex.has('storage') && !dex.has('web')) continue
      if (dex.has('web', 'http') || dex.has('web', 'https')) continue
      yield { message: 'there is no web.http and no web.https', at: [dex.has('web') ? dex.atKey('web') : dex.atKey('issuer')] }
    }
  },
})
