import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { scaleTargetMissing } from './scale-target-missing.js'

const workload = 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: checkout\nspec: {}\n'
const scaler = (target: string) =>
  `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: a\nspec:\n  scaleTargetRef: ${target}\n`
const run = (text: string) => checkTexts(scaleTargetMissing, { 'app/a.yaml': text, 'app/b.yaml': workload })

test('a target that is mistyped, and one of a version that is gone', () => {
  assert.deepEqual(run(scaler('{apiVersion: apps/v1, kind: Deployment, name: chekout}')), [
    'error app/a.yaml:6:65 HorizontalPodAutoscaler a scales Deployment chekout, which is not there: did you mean checkout?',
  ])
  assert.deepEqual(run(scaler('{apiVersion: extensions/v1beta1, kind: Deployment, name: checkout}')), [
    'error app/a.yaml:6:32 HorizontalPodAutoscaler a scales extensions/v1beta1 Deployment checkout: that version is gone, use apps/v1',
  ])
})

test('a target that is there, and one that lies elsewhere', () => {
  assert.deepEqual(run(scaler('{apiVersion: apps/v1, kind: Deployment, name: checkout}')), [])
  assert.deepEqual(run(scaler('{apiVersion: apps/v1, kind: Deployment, name: payment}')), [])
})
