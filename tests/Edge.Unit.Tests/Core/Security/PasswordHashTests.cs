using Edge.Core.Security;
using Xunit;

namespace Edge.Unit.Tests.Core.Security;

public sealed class PasswordHashTests
{
    [Fact]
    public void AHashVerifiesItsPasswordAlone()
    {
        string hash = PasswordHash.Create("correct horse", 1000);
        Assert.StartsWith("pbkdf2-sha256$1000$", hash);
        Assert.True(PasswordHash.IsHash(hash) && PasswordHash.IsWellFormed(hash));
        Assert.True(PasswordHash.Verify(hash, "correct horse"));
        Assert.False(PasswordHash.Verify(hash, "correct horse "));
        Assert.False(PasswordHash.Verify(hash, hash));
        Assert.NotEqual(hash, PasswordHash.Create("correct horse", 1000));
    }

    [Fact]
    public void TheKeyIsThatOfTheStandard()
    {
        // Python: base64.b64encode(hashlib.pbkdf2_hmac('sha256', b'passwd', b'0123456789abcdef', 1000, 32))
        string hash = "pbkdf2-sha256$1000$" + Convert.ToBase64String("0123456789abcdef"u8) + "$GKbQsOKFBLtZBF483J+cBeR17Y/5oB1eOSatMelA+O8=";
        Assert.True(PasswordHash.Verify(hash, "passwd"));
    }

    [Theory]
    [InlineData("secret", "secret", true)]
    [InlineData("secret", "Secret", false)]
    [InlineData("secret", "secret2", false)]
    [InlineData("geheim\u00e4", "geheim\u00e4", true)]
    public void PlainPasswordsOfOrthancAreAccepted(string stored, string given, bool expected) =>
        Assert.Equal(expected, PasswordHash.Verify(stored, given));

    [Theory]
    [InlineData("pbkdf2-sha256$")]
    [InlineData("pbkdf2-sha256$0$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("pbkdf2-sha256$-1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("pbkdf2-sha256$999999999$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("pbkdf2-sha256$1000$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("pbkdf2-sha256$1000$AAAAAAAAAAAAAAAAAAAAAA==$AAAA")]
    [InlineData("pbkdf2-sha256$1000$AAAAAAAAAAAAAAAAAAAAAA==$!!!!")]
    public void ADamagedHashMatchesNothingNotEvenItself(string stored)
    {
        Assert.False(PasswordHash.IsWellFormed(stored));
        Assert.False(PasswordHash.Verify(stored, stored));
        Assert.False(PasswordHash.Verify(stored, ""));
    }

    [Fact]
    public void VerifiedPasswordsAreRemembered()
    {
        VerifiedPasswords passwords = new(new Dictionary<string, string> { ["alice"] = PasswordHash.Create("a", 1000), ["bob"] = "b" });
        Assert.False(passwords.IsKnownGood("alice", "a"));
        Assert.False(passwords.Verify("alice", "b"));
        Assert.False(passwords.IsKnownGood("alice", "b"));
        Assert.True(passwords.Verify("alice", "a"));
        Assert.True(passwords.IsKnownGood("alice", "a"));
        Assert.False(passwords.IsKnownGood("alice", "b"));
        Assert.False(passwords.Verify("alice", "b"));
        Assert.True(passwords.Verify("bob", "b"));
        Assert.False(passwords.Verify("carol", "a"));
        Assert.False(passwords.Verify("bob", "a"));
    }
}
