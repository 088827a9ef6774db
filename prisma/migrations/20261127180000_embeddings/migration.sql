-- CreateTable
CREATE TABLE "embeddings" (
    "trial_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "sha256" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "points" INTEGER NOT NULL,
    "separation" JSONB NOT NULL,
    "worker_id" UUID NOT NULL,
    "computed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "embeddings_pkey" PRIMARY KEY ("trial_id")
);

-- CreateIndex
CREATE INDEX "embeddings_sha256_idx" ON "embeddings"("sha256");

-- AddForeignKey
ALTER TABLE "embeddings" ADD CONSTRAINT "embeddings_trial_id_fkey" FOREIGN KEY ("trial_id") REFERENCES "trials"("trial_id") ON DELETE CASCADE ON UPDATE CASCADE;
