import { defineCheck, type Finding } from '../../contract.js'
import type { HelmValues } from '../../model/helm-values.js'

export const ciliumCaNotShared = defineCheck({
  id: 'cilium-ca-not-shared',
  topic: 'network',
  severity: 'note',
  title: 'Nothing here gives the clusters of a mesh one certificate authority',
  why: 'Each installation of Cilium makes an authority of its own. Clusters of a mesh trust each other only if they share one, or are given those of the others (`clustermesh connect` refuses authorities that differ unless it is told to exchange them).',
  evidence: ['cilium/cilium#19057', 'cilium: cilium-cli/clustermesh/clustermesh.go, SubjectKeyId'],
  fix: 'Give every cluster the same Secret `cilium-ca` before it is installed (or `tls.ca.cert` and `tls.ca.key`), or connect with --allow-mismatching-ca.',
  *run(model) {
    for (const mesh of model.meshes('cilium')) {
      const sides = mesh.flatMap(
        (name) =>
          model
            .cluster(name)
            ?.values.filter(({ tool }) => tool === 'cilium')
            .slice(0, 1) ?? [],
      )
      if (
        sides.length < 2 ||
        sides.some(
          (values) =>
            values.has('tls', 'ca') || values.has('tls', 'caBundle') || values.has('clustermesh', 'apiserver', 'tls', 'ca'),
        )
      )
        continue
      // Where nothing is said of certificates, they may well come from outside.
      const makesOwn = (values: HelmValues) =>
        [values.text('clustermesh', 'apiserver', 'tls', 'auto', 'method'), values.text('tls', 'auto', 'method')].some(
          (method) => method === 'helm' || method === 'cronJob',
        )
      if (!sides.some(makesOwn)) continue
      if (model.kinds('', 'Secret').some(({ name }) => name === 'cilium-ca')) continue
      const told = (flag: string) => model.callsOf('cilium').some((call) => call.flagWord(flag) !== undefined)
      if (told('inherit-ca') || told('allow-mismatching-ca')) continue
      const [first, ...rest] = sides.map((values) => values.atKey('clustermesh'))
      if (first === undefined) continue
      const at: Finding['at'] = [first, ...rest.slice(0, 20)]
      yield {
        message: `nothing here shares an authority between ${mesh.slice(0, 4).join(', ')}${mesh.length > 4 ? ` and ${mesh.length - 4} more` : ''}`,
        at,
      }
    }
  },
})
