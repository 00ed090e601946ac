/** Describes the routes for operators and browsers. */
import { storeless } from './operation.js';
import type { Operation } from './operation.js';

export const serviceOperations: Readonly<Record<string, Operation>> = {
  'GET /healthz': storeless({
    id: 'showLiveness',
    tag: 'Operators',
    summary: 'Check that the process is alive',
    answers: { 200: { description: 'The event loop is running.', json: 'Alive' } },
  }),
  'GET /readyz': storeless({
    id: 'showReadiness',
    tag: 'Operators',
    summary: 'Check that this process can decide downloads',
    answers: { 200: { description: 'Downloads can be decided.', json: 'Ready' } },
    problems: ['not_ready'],
  }),
  'GET /metrics': storeless({
    id: 'showMetrics',
    tag: 'Operators',
    summary: 'Metrics for Prometheus',
    answers: {
      200: { description: 'The metrics of all processes that share the port.', text: ['text/plain'] },
    },
    problems: ['not_ready'],
  }),
  'GET /openapi.json': storeless({
    id: 'showDescription',
    tag: 'Operators',
    summary: 'Show this document',
    answers: { 200: { description: 'OpenAPI 3.1.', json: 'Description' } },
  }),
  'GET /postman.json': storeless({
    id: 'showPostmanCollection',
    tag: 'Operators',
    summary: 'Show the operations as a collection for Postman',
    answers: { 200: { description: 'A collection of version 2.1.', json: 'PostmanCollection' } },
  }),
  'GET /': storeless({
    id: 'showHome',
    tag: 'Operators',
    summary: 'Show the console, or where to find the documentation',
    answers: {
      200: { description: 'The console as HTML, or a pointer as JSON.', json: 'Home', text: ['text/html'] },
    },
  }),
};
