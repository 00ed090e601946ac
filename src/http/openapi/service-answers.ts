/** Defines the schemas of the answers to operators: health, the document, the home page. */
import { z } from 'zod';

export const aliveAnswer = z.object({ status: z.literal('ok') });
export const readyAnswer = z.object({
  status: z.literal('ready'),
  warnings: z
    .array(z.string())
    .optional()
    .meta({ description: 'What an operator should repair although downloads are served.' }),
});
/** This document itself; its form is that of the OpenAPI specification. */
export const descriptionAnswer = z.looseObject({ openapi: z.string() });
export const postmanAnswer = z.looseObject({ info: z.looseObject({ name: z.string() }) });
export const homeAnswer = z.object({ name: z.string(), api: z.string(), documentation: z.string() });
