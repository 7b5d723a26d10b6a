import { defineCheck } from '../../contract.js'

export const ciliumValuesNested = defineCheck({
  id: 'cilium-values-nested',
  topic: 'network',
  severity: 'note',
  title: 'Values of Cilium stand below a key',
  why: 'Below `cilium:` they count for an umbrella chart that has Cilium as a dependency. Given to the chart of Cilium itself (`helm install cilium cilium/cilium -f`), everything is ignored without a word: the cluster gets the name `default` and the id 0.',
  evidence: ['helm.sh/docs: subcharts and global values'],
  fix: 'For a direct installation take the key away, so that `cluster`, `clustermesh` and `ipam` stand on the top level.',
  *run(model) {
    const charts = new Set(model.withRole('chart').map(({ source }) => source.slice(0, source.lastIndexOf('/') + 1)))
    const told = new Set<string>()
    for (const values of model.values('cilium')) {
      const { document } = values
      if (document.role !== 'helm-values' || values.root[0] !== 'cilium' || told.has(document.source)) continue
      if (charts.has(document.source.slice(0, document.source.lastIndexOf('/') + 1))) continue
      told.add(document.source)
      yield { message: 'these values are for an umbrella chart, and none is beside them', at: [document.atKey('cilium')] }
    }
  },
})
