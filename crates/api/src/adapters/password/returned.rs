//! Argon2 in memory that goes back to the system after every hash.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        CustomizedPasswordHasher, Error, PasswordHasher, Result,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};

/// Blocks that are reserved at the least, 33 MiB of addresses. glibc maps what is above 32 MiB and unmaps it when it is
/// freed; anything smaller it keeps, for each thread that ever hashed. What is not written to costs nothing.
const RESERVED_BLOCKS_MIN: usize = 33 * 1024;

/// Hashes like [`Argon2`], with these parameters unless it is told others.
#[derive(Debug, Clone)]
pub(super) struct ReturningArgon2(pub(super) Params);

impl CustomizedPasswordHasher<PasswordHash> for ReturningArgon2 {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        let salt = Salt::new(salt)?;
        let mut buffer = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = buffer.get_mut(..length).ok_or(Error::OutputSize)?;
        let mut memory = Vec::new();
        memory.try_reserve_exact(params.block_count().max(RESERVED_BLOCKS_MIN)).map_err(|_| Error::OutOfMemory)?;
        memory.resize(params.block_count(), Block::new());
        let argon2 = Argon2::new(algorithm, version, params);
        argon2.hash_password_into_with_memory(password, &salt, &mut *output, &mut memory)?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(argon2.params())?,
            salt: Some(salt),
            hash: Some(Output::new(output)?),
        })
    }
}

impl PasswordHasher<PasswordHash> for ReturningArgon2 {
    fn hash_password_with_salt(&self, password: &[u8], salt: &[u8]) -> Result<PasswordHash> {
        self.hash_password_with_params(password, salt, self.0.clone())
    }
}
