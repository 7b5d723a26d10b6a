import { defineCheck, type Finding } from '../../contract.js'
import type { View } from '../../model/view.js'

const policies = ['Weight', 'Region', 'Failover', 'GeoLocation', 'GeoProximityLocation', 'MultiValueAnswer', 'CidrRoutingConfig']

export const route53RecordRefused = defineCheck({
  id: 'route53-record-refused',
  topic: 'traffic',
  severity: 'error',
  title: 'Route 53 refuses a batch of changes',
  why: 'A batch is taken as a whole or not at all: one record that is wrong keeps all others of the batch from being changed, often in the middle of a failover.',
  evidence: ['Route 53 API: ChangeResourceRecordSets, ResourceRecordSet, AliasTarget'],
  fix: 'Correct the record.',
  *run(model) {
    for (const batch of model.route53Batches) {
      for (const change of batch.items('Changes')) {
        const record = change.view('ResourceRecordSet')
        const action = change.text('Action')
        if (action !== undefined && !['CREATE', 'DELETE', 'UPSERT'].includes(action))
          yield { message: `the action ${action} is none: expected CREATE, DELETE or UPSERT`, at: [change.at('Action')] }
        yield* judge(record)
      }
    }
  },
})

function* judge(record: View): Iterable<Finding> {
  const name = record.text('Name') ?? '(without a name)'
  const given = policies.filter((key) => record.has(key))
  const alias = record.has('AliasTarget')
  const say = (message: string, ...path: (string | number)[]): Finding => ({
    message: `${name}: ${message}`,
    at: [record.at(...path)],
  })
  if (given.length > 1) yield say(`${given.join(' and ')} are two policies for one record`, given[1]!)
  if (given.length === 0 && record.has('SetIdentifier')) yield say('a SetIdentifier without a routing policy', 'SetIdentifier')
  if (alias && (record.has('TTL') || record.has('ResourceRecords')))
    yield say('an alias has no TTL and no ResourceRecords', record.has('TTL') ? 'TTL' : 'ResourceRecords')
  if (!alias && !record.has('ResourceRecords') && !record.has('TrafficPolicyInstanceId'))
    yield say('neither ResourceRecords nor an AliasTarget', 'Name')
  if (!alias && record.has('ResourceRecords') && !record.has('TTL')) yield say('ResourceRecords need a TTL', 'ResourceRecords')
  if (alias && record.has('MultiValueAnswer')) yield say('a record of MultiValueAnswer cannot be an alias', 'MultiValueAnswer')
  const weight = record.number('Weight')
  if (record.has('Weight') && (weight === undefined || !Number.isInteger(weight) || weight < 0 || weight > 255))
    yield say(`the weight ${JSON.stringify(record.get('Weight'))} is not a whole number from 0 to 255`, 'Weight')
  const role = record.get('Failover')
  if (role !== undefined && role !== 'PRIMARY' && role !== 'SECONDARY')
    yield say(`the role ${JSON.stringify(role)} is neither PRIMARY nor SECONDARY`, 'Failover')
  if (alias && role === 'PRIMARY' && record.get('AliasTarget', 'EvaluateTargetHealth') !== true && !record.has('HealthCheckId'))
    yield {
      ...say('a PRIMARY alias neither evaluates its target’s health nor has a HealthCheckId: it never fails over', 'AliasTarget'),
      severity: 'warning',
    }
}
