import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { nativeInterpreter } from '../interpreter/interpreter.js'
import { readPreserveState } from './preserve-state.js'

const live: KubeObject = {
  apiVersion: 'flink.apache.org/v1beta1',
  kind: 'FlinkDeployment',
  metadata: { name: 'job' },
  status: { jobStatus: { jobID: 'abc', attempts: [1, 2], state: 'not a label value' }, nodes: { 'a.b': true } },
}
const preserve = (jsonPath: string) =>
  readPreserveState({ rules: [{ aliasLabelName: 'x', jsonPath }] }, nativeInterpreter)?.(live)['x']

test('state is read from the status, by templates of JSONPath', () => {
  assert.equal(preserve('{.jobStatus.jobID}'), 'abc')
  assert.equal(preserve('.jobStatus.jobID'), 'abc')
  assert.equal(preserve('job-{.jobStatus.jobID}-{.jobStatus.attempts[-1]}'), 'job-abc-2')
  assert.equal(preserve("{.nodes['a.b']}"), 'true')
  assert.equal(readPreserveState({ rules: [] }, nativeInterpreter), undefined)
  assert.equal(readPreserveState(undefined, nativeInterpreter), undefined)
})

test('what is not there, and what no label can hold, is told', () => {
  assert.throws(() => preserve('{.status.jobStatus.jobID}'), /its status has no \.status\.jobStatus\.jobID/)
  assert.throws(() => preserve('{.jobStatus.state}'), /is "not a label value", which is no value of a label/)
  assert.throws(() => preserve('{.jobStatus.attempts[*]}'), /is "1 2", which is no value/)
  assert.throws(() => preserve('{.jobStatus'), /json/i)
})
