import { defineCheck } from '../../contract.js'

/** Values that newer charts refuse or do not read, by what took their place. */
const removed: readonly { readonly path: readonly string[]; readonly since: string; readonly instead: string }[] = [
  {
    path: ['tunnel'],
    since: '1.15',
    instead: '`routingMode: native` for `disabled`, else `routingMode: tunnel` with `tunnelProtocol`',
  },
]

export const ciliumRemovedValue = defineCheck({
  id: 'cilium-removed-value',
  topic: 'network',
  severity: 'warning',
  title: 'A Helm value of Cilium is not read any more',
  why: 'Charts ignore values that they do not know, unless they stop with an error on purpose. An upgrade then goes through and changes how packets travel, in this cluster alone.',
  evidence: ['cilium/cilium#29053', 'cilium/cilium#31209'],
  fix: 'Write the value that took its place before the upgrade.',
  *run(model) {
    for (const values of model.values('cilium'))
      for (const { path, since, instead } of removed) {
        if (!values.has(...path) || isOlder(values.chartVersion, since)) continue
        yield {
          message: `${path.join('.')} is not read from chart ${since} on`,
          at: [values.atKey(...path)],
          fix: `Write instead: ${instead}.`,
        }
      }
  },
})

function isOlder(version: string | undefined, since: string): boolean {
  const found = /^v?(\d+)\.(\d+)/.exec(version ?? '')
  if (found === null) return false
  const [major, minor] = since.split('.').map(Number) as [number, number]
  return Number(found[1]) < major || (Number(found[1]) === major && Number(found[2]) < minor)
}
