-- AlterTable
ALTER TABLE "workers" ADD COLUMN     "epochs_verified" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "images_verified" BIGINT NOT NULL DEFAULT 0;
