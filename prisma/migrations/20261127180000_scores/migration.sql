-- AlterTable
ALTER TABLE "trials" RENAME COLUMN "claimed_test_mse" TO "claimed_score";

-- AlterTable
ALTER TABLE "trials" RENAME COLUMN "test_mse" TO "score";

-- AlterTable
ALTER TABLE "trials" ADD COLUMN     "details_bytes" BIGINT,
ADD COLUMN     "details_sha256" TEXT,
ADD COLUMN     "measures" JSONB NOT NULL DEFAULT '{}';
