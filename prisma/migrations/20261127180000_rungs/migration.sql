-- AlterTable
ALTER TABLE "trials" ADD COLUMN     "rungs" JSONB;
