import { defineCheck } from '../../contract.js'

export const dexArgoCdCallback = defineCheck({
  id: 'dex-argo-cd-callback',
  topic: 'access',
  severity: 'warning',
  title: 'A Dex of its own sends users to the callback of the Dex that Argo CD brings',
  why: '`/api/dex/callback` of Argo CD belongs to the Dex that runs inside it. With a Dex of its own Argo CD is an OIDC client and waits at `/auth/callback`: Dex refuses the redirect, or the login ends on a page that is not there.',
  evidence: ['Argo CD: docs/operator-manual/user-management, existing OIDC provider'],
  fix: 'Use `https://HOST/auth/callback` for the web page, and a client of its own (public, `http://localhost:8085/auth/callback`) for the argocd command.',
  *run(model) {
    for (const dex of model.dexConfigs) {
      const issuer = dex.text('issuer') ?? ''
      // Below /api/dex is the one that Argo CD brings.
      if (/\/api\/dex\/?$/.test(issuer)) continue
      for (const client of dex.items('staticClients')) {
        for (const uri of client.items('redirectURIs')) {
          if (typeof uri.value !== 'string' || !/\/api\/dex\/callback\/?$/.test(uri.value)) continue
          yield {
            message: `the client ${client.text('id') ?? ''} redirects to ${uri.value}, while the issuer is ${issuer}`,
            at: [uri.at(), dex.at('issuer')],
          }
        }
      }
    }
  },
})
