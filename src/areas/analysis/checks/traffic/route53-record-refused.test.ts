import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { route53RecordRefused } from './route53-record-refused.js'

const said = (record: object, action = 'UPSERT') => {
  const change = { Action: action, ResourceRecordSet: { Name: 'a.example.com', Type: 'A', ...record } }
  const lines = checkTexts(route53RecordRefused, { 'batch.json': JSON.stringify({ Changes: [change] }) })
  return lines.map((line) => line.replace(/^(\w+) \S+ /, '$1 '))
}
const plain = { TTL: 60, ResourceRecords: [{ Value: '192.0.2.1' }] }
const alias = {
  AliasTarget: { DNSName: 'lb-1.us-east-1.elb.amazonaws.com', HostedZoneId: 'Z35SXDOTRQ7X7K', EvaluateTargetHealth: true },
}

test('records that are refused are reported', () => {
  assert.deepEqual(said({ ...plain, Weight: 300, SetIdentifier: 'a' }), [
    'error a.example.com: the weight 300 is not a whole number from 0 to 255',
  ])
  assert.deepEqual(said({ ...plain, Weight: 1, Region: 'eu-west-1', SetIdentifier: 'a' }), [
    'error a.example.com: Weight and Region are two policies for one record',
  ])
  assert.deepEqual(said({ ...alias, TTL: 60 }), ['error a.example.com: an alias has no TTL and no ResourceRecords'])
  assert.deepEqual(said({ ...plain, TTL: undefined }), ['error a.example.com: ResourceRecords need a TTL'])
  assert.deepEqual(said(plain, 'REPLACE'), ['error the action REPLACE is none: expected CREATE, DELETE or UPSERT'])
})

test('a PRIMARY alias that nothing watches is reported', () => {
  const blind = { AliasTarget: { ...alias.AliasTarget, EvaluateTargetHealth: false }, Failover: 'PRIMARY', SetIdentifier: 'a' }
  assert.equal(said(blind)[0]?.startsWith('warning'), true)
  assert.deepEqual(said({ ...alias, Failover: 'PRIMARY', SetIdentifier: 'a' }), [])
})

test('plain records and weighted aliases are fine', () => {
  assert.deepEqual(said(plain), [])
  assert.deepEqual(said({ ...alias, Weight: 70, SetIdentifier: 'a' }), [])
})
