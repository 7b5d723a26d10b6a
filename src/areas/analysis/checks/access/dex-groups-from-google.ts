import { defineCheck } from '../../contract.js'

export const dexGroupsFromGoogle = defineCheck({
  id: 'dex-groups-from-google',
  topic: 'access',
  severity: 'error',
  title: 'Dex asks Google for groups through its oidc connector',
  why: 'Google has no scope `groups`: it answers `invalid_scope`, and nobody gets in. Groups of Google Workspace come from its Directory API, which only the connector `google` asks.',
  evidence: ['dexidp/dex#2653', 'dex: connector/google'],
  fix: 'Use `type: google` with a service account that may read groups, or take `groups` out of the scopes.',
  *run(model) {
    for (const dex of model.dexConfigs) {
      for (const connector of dex.items('connectors')) {
        if (connector.text('type') !== 'oidc') continue
        const issuer = connector.text('config', 'issuer')
        if (issuer === undefined || !/^https:\/\/accounts\.google\.com\/?$/.test(issuer)) continue
        const scopes = connector.items('config', 'scopes')
        const groups = scopes.find(({ value }) => value === 'groups')
        if (groups === undefined) continue
        yield {
          message: `the connector ${connector.text('id') ?? 'oidc'} asks ${issuer} for the scope groups, which it does not have`,
          at: [groups.at(), connector.at('config', 'issuer')],
        }
      }
    }
  },
})
