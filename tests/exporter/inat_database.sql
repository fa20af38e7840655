-- The tables of iNaturalist's database that are read, with the columns that are read and some that must not be.
--
-- Names and types follow db/structure.sql in inaturalist/inaturalist, but for ids: those of simulated
-- observations, photos and people are larger than its own.

CREATE TABLE taxa (
    id bigint PRIMARY KEY,
    ancestry varchar(255),
    name varchar(255),
    rank varchar(255),
    rank_level double precision,
    is_active boolean NOT NULL DEFAULT true,
    iconic_taxon_id bigint,
    observations_count integer DEFAULT 0,
    created_at timestamp,
    updated_at timestamp
);
CREATE TABLE taxon_names (
    id bigserial PRIMARY KEY,
    taxon_id bigint,
    name varchar(255),
    lexicon varchar(255),
    is_valid boolean,
    position integer DEFAULT 0
);
CREATE TABLE conservation_statuses (
    id bigserial PRIMARY KEY,
    taxon_id bigint,
    place_id bigint,
    iucn integer DEFAULT 20,
    status varchar(255)
);
CREATE TABLE observations (
    id bigint PRIMARY KEY,
    uuid varchar(255),
    user_id bigint,
    taxon_id bigint,
    community_taxon_id bigint,
    quality_grade varchar DEFAULT 'casual',
    observed_on date,
    created_at timestamp,
    updated_at timestamp,
    latitude numeric(15, 10),
    longitude numeric(15, 10),
    private_latitude numeric(15, 10),
    private_longitude numeric(15, 10),
    private_place_guess varchar,
    positional_accuracy integer,
    public_positional_accuracy integer,
    geoprivacy varchar(255),
    taxon_geoprivacy varchar,
    captive boolean DEFAULT false,
    out_of_range boolean,
    num_identification_agreements integer DEFAULT 0,
    num_identification_disagreements integer DEFAULT 0,
    observation_photos_count integer DEFAULT 0,
    description text
);
CREATE TABLE deleted_observations (
    id bigserial PRIMARY KEY,
    user_id bigint,
    observation_id bigint,
    created_at timestamp NOT NULL
);
CREATE TABLE identifications (
    id bigint PRIMARY KEY,
    observation_id bigint,
    user_id bigint,
    taxon_id bigint,
    body text,
    created_at timestamp,
    updated_at timestamp,
    current boolean DEFAULT true,
    taxon_change_id bigint,
    category varchar,
    previous_observation_taxon_id bigint,
    disagreement boolean
);
CREATE INDEX ON identifications (observation_id);
CREATE TABLE preferences (
    id bigserial PRIMARY KEY,
    name varchar(255) NOT NULL,
    owner_id bigint NOT NULL,
    owner_type varchar(255) NOT NULL,
    value text,
    updated_at timestamp
);
CREATE INDEX ON preferences (owner_id, owner_type, name);
CREATE TABLE photos (
    id bigint PRIMARY KEY,
    user_id bigint,
    type varchar(255),
    license integer,
    file_prefix_id smallint,
    file_extension_id smallint,
    width integer,
    height integer,
    native_realname varchar(255),
    updated_at timestamp
);
CREATE TABLE observation_photos (
    id bigserial PRIMARY KEY,
    observation_id bigint NOT NULL,
    photo_id bigint NOT NULL,
    position integer,
    updated_at timestamp
);
CREATE INDEX ON observation_photos (observation_id);
CREATE INDEX ON observation_photos (photo_id);
CREATE TABLE file_prefixes (id smallserial PRIMARY KEY, prefix varchar NOT NULL);
CREATE TABLE file_extensions (id smallserial PRIMARY KEY, extension varchar NOT NULL);
CREATE TABLE flags (
    id bigserial PRIMARY KEY,
    flag varchar(255),
    flaggable_id bigint NOT NULL,
    flaggable_type varchar(15) NOT NULL,
    resolved boolean DEFAULT false,
    updated_at timestamp
);
CREATE TABLE quality_metrics (
    id bigserial PRIMARY KEY,
    observation_id bigint,
    user_id bigint,
    metric varchar(255),
    agree boolean DEFAULT true,
    updated_at timestamp
);
CREATE INDEX ON quality_metrics (observation_id);
CREATE TABLE moderator_actions (
    id bigserial PRIMARY KEY,
    resource_type varchar,
    resource_id bigint,
    action varchar,
    updated_at timestamp
);
