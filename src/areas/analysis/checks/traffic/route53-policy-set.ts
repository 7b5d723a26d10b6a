import { defineCheck } from '../../contract.js'
import type { View } from '../../model/view.js'

const policies = ['Weight', 'Region', 'Failover', 'GeoLocation', 'GeoProximityLocation', 'MultiValueAnswer', 'CidrRoutingConfig']

export const route53PolicySet = defineCheck({
  id: 'route53-policy-set',
  topic: 'traffic',
  severity: 'error',
  title: 'Records of one name do not make a set that Route 53 takes',
  why: 'All records of a name and type have one routing policy, an identifier each, and none twice; a failover primary that is no alias needs a health check. Route 53 checks the batch as a whole and refuses all of it.',
  evidence: ['Route 53: ChangeResourceRecordSets, SetIdentifier and Failover', 'kubernetes-sigs/external-dns#2362'],
  fix: 'Give each record of the name the same policy and an identifier of its own; give a primary `HealthCheckId`.',
  *run(model) {
    for (const batch of model.route53Batches) {
      const sets = new Map<string, { record: View; policy: string | undefined; id: string | undefined }[]>()
      for (const change of batch.items('Changes')) {
        if (change.text('Action') === 'DELETE') continue
        const record = change.view('ResourceRecordSet')
        const name = record.text('Name')?.toLowerCase().replace(/\.$/, '')
        const type = record.text('Type')
        if (name === undefined || type === undefined) continue
        const key = `${name} ${type}`
        const policy = policies.find((each) => record.has(each))
        const known = sets.get(key) ?? []
        sets.set(key, [...known, { record, policy, id: record.text('SetIdentifier') }])
      }
      for (const [key, records] of sets) {
        const [first] = records
        for (const { record, policy, id } of records) {
          const earlier = records.find(
            (each) =>
              each.record !== record &&
              each.id === id &&
              records.indexOf(each) < records.findIndex((other) => other.record === record),
          )
          if (policy !== undefined && id === undefined)
            yield { message: `${key} has ${policy} and no SetIdentifier`, at: [record.atKey(policy)] }
          else if (policy !== first!.policy)
            yield {
              message: `${key} has ${policy ?? 'no policy'} here and ${first!.policy ?? 'none'} before`,
              at: [record.at('Name'), first!.record.at('Name')],
            }
          else if (earlier !== undefined)
            yield {
              message: `${key} has ${id === undefined ? 'two records without an identifier' : `the identifier ${id} twice`}`,
              at: [record.at(id === undefined ? 'Name' : 'SetIdentifier'), earlier.record.at('Name')],
            }
          if (record.text('Failover') === 'PRIMARY' && !record.has('AliasTarget') && !record.has('HealthCheckId'))
            yield { message: `${key} is a primary without a health check`, at: [record.at('Failover')] }
        }
      }
    }
  },
})
