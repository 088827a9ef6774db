import { ApiBody, ApiResponse, type ApiResponseSchemaHost } from '@nestjs/swagger';
import { apiError } from '@gradpool/protocol';
import { applyDecorators } from '@nestjs/common';
import { z } from 'zod';

type Schema = ApiResponseSchemaHost['schema'];

/** The protocol's zod schema as OpenAPI 3.0 takes it. */
export const openApiSchema = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' }) as Schema;

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
