import { ApiBody, ApiResponse, type ApiResponseSchemaHost } from '@nestjs/swagger';
import { apiError } from '@gradpool/protocol';
import { applyDecorators } from '@nestjs/common';
import { z } from 'zod';

type Schema = ApiResponseSchemaHost['schema'];

/** The protocol's zod schema as OpenAPI 3.0 takes it. */
function openApiSchema(schema: z.ZodType): Schema {
  const { definitions: _definitions, ...whole } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
  });
  return JSON.parse(JSON.stringify(whole, withoutReferences)) as Schema;
}

/** Only "any JSON value" refers to itself, by a definition that OpenAPI would look for elsewhere; an empty schema says the same. */
function withoutReferences(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && '$ref' in value ? {} : value;
}

/** Describes what a route answers, and that every other status is an `apiError`. */
export const Answers = (schema: z.ZodType, status = 200) =>
  applyDecorators(
    ApiResponse({ status, description: 'done', schema: openApiSchema(schema) }),
    ApiResponse({
      status: 'default',
      description: 'refused: a stable code and a text',
      schema: openApiSchema(apiError),
    }),
  );

/** Describes the JSON body that a route takes. */
export const Takes = (schema: z.ZodType) => ApiBody({ schema: openApiSchema(schema) as never, required: true });
