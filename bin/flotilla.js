#!/usr/bin/env node
import '../dist/bundle/flotilla.js'
