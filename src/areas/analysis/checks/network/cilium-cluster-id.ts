import { defineCheck, type Finding } from '../../contract.js'
import type { HelmValues } from '../../model/helm-values.js'

export const ciliumClusterId = defineCheck({
  id: 'cilium-cluster-id',
  topic: 'network',
  severity: 'error',
  title: 'A cluster id of Cilium is out of range, or given twice',
  why: 'The id is part of every security identity. With two clusters of one id, policies take pods of one for pods of the other; an id out of range stops the agents; ids with bit 7 set do not work with ENI, Alibaba Cloud IPAM or chaining with the AWS VPC CNI, for it marks packets with that bit.',
  evidence: ['cilium/cilium#32753', 'cilium/cilium#20312', 'cilium/cilium#21330', 'Cilium: pkg/clustermesh/types'],
  fix: 'Give each cluster an id of its own from 1 to 255 (to 511 with `maxConnectedClusters: 511` everywhere); to 127 with ENI and AWS chaining.',
  *run(model) {
    const owners = new Map<string, HelmValues>()
    const meshes = model.meshes('cilium')
    /** Clusters of two meshes that nothing connects may have one id; of those in none, nobody knows what comes. */
    const meshOf = (name: string | undefined) => meshes.findIndex((mesh) => name !== undefined && mesh.includes(name))
    for (const values of model.values('cilium')) {
      const id = values.number('cluster', 'id')
      if (id === undefined) continue
      const meshed = values.has('clustermesh', 'config') || values.flag('clustermesh', 'useAPIServer') === true
      const most = values.number('clustermesh', 'maxConnectedClusters') === 511 ? 511 : 255
      if (!Number.isInteger(id) || id < 0 || id > most) {
        yield problem(values, `cluster id ${id} is not in 1 to ${most}`)
        continue
      }
      if (id === 0) {
        if (meshed) yield problem(values, 'cluster id 0 means that the cluster is in no mesh, but a mesh is configured')
        continue
      }
      if ((id & 128) !== 0 && marksPackets(values))
        yield problem(values, `cluster id ${id} has bit 7 set, which ${marksPackets(values)} cannot use`)
      const key = `${meshOf(values.cluster === undefined ? undefined : model.cluster(values.cluster)?.name)} ${id}`
      const owner = owners.get(key)
      if (owner === undefined) owners.set(key, values)
      else if (values.cluster !== undefined && owner.cluster !== undefined && values.cluster !== owner.cluster)
        yield {
          message: `cluster id ${id} is that of ${owner.cluster} and of ${values.cluster}`,
          at: [values.at('cluster', 'id'), owner.at('cluster', 'id')],
        }
    }
  },
})

function problem(values: HelmValues, message: string): Finding {
  return { message, at: [values.at('cluster', 'id')] }
}

function marksPackets(values: HelmValues): string | undefined {
  if (values.flag('eni', 'enabled') === true || values.text('ipam', 'mode') === 'eni') return 'ENI mode'
  if (values.flag('alibabacloud', 'enabled') === true || values.text('ipam', 'mode') === 'alibabacloud')
    return 'Alibaba Cloud IPAM'
  return values.text('cni', 'chainingMode') === 'aws-cni' ? 'chaining with the AWS VPC CNI' : undefined
}
