import { defineCheck } from '../../contract.js'

export const dexGroupsDropped = defineCheck({
  id: 'dex-groups-dropped',
  topic: 'access',
  severity: 'warning',
  title: 'Dex drops the groups that its oidc connector asks for',
  why: 'The generic oidc connector leaves the claim `groups` out of its tokens unless it is told to pass it on, for a refreshed token may carry stale groups. Bindings to groups then match nobody.',
  evidence: ['dex: connector/oidc, insecureEnableGroups'],
  fix: 'Set `insecureEnableGroups: true` in the connector if you accept groups that are as old as the login.',
  *run(model) {
    for (const dex of model.dexConfigs) {
      for (const connector of dex.items('connectors')) {
        if (connector.text('type') !== 'oidc' || connector.flag('config', 'insecureEnableGroups') === true) continue
        // Google refuses the scope before anything could be dropped: that has a check of its own.
        if (/^https:\/\/accounts\.google\.com/.test(connector.text('config', 'issuer') ?? '')) continue
        const groups = connector.items('config', 'scopes').find(({ value }) => value === 'groups')
        if (groups === undefined) continue
        yield {
          message: `the connector ${connector.text('id') ?? 'oidc'} asks for groups and does not pass them on`,
          at: [groups.at()],
        }
      }
    }
  },
})
