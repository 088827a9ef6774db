-- CreateTable
CREATE TABLE "pictures" (
    "trial_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "room_id" UUID NOT NULL,
    "sha256" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,

    CONSTRAINT "pictures_pkey" PRIMARY KEY ("trial_id","epoch")
);

-- AddForeignKey
ALTER TABLE "pictures" ADD CONSTRAINT "pictures_trial_id_fkey" FOREIGN KEY ("trial_id") REFERENCES "trials"("trial_id") ON DELETE CASCADE ON UPDATE CASCADE;
