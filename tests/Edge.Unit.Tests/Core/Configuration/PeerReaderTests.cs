using System.Text;
using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Options;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

public sealed class PeerReaderTests
{
    [Theory]
    [InlineData("""[ "http://h:8042" ]""", "http://h:8042/", "", "")]
    [InlineData("""[ "https://h/a/", "u", "p" ]""", "https://h/a/", "u", "p")]
    [InlineData("""{ "URL": "http://h" }""", "http://h/", "", "")]
    [InlineData("""{ "Url": "http://h", "Username": "u", "Password": "p" }""", "http://h/", "u", "p")]
    public void TheFormsAreRead(string json, string url, string user, string password)
    {
        PeerOptions peer = Parse(json);
        Assert.Equal((url, user, password), (peer.Url, peer.Username, peer.Password));
        Assert.Empty(peer.UserProperties);
    }

    [Fact]
    public void AnObjectMayHoldEverything()
    {
        PeerOptions peer = Parse("""
            { "Url": "http://h", "HttpHeaders": { "Token": "abc", "Accept": "x" }, "Pkcs11": true, "Timeout": 5,
              "CertificateKeyPassword": "k", "Site": "north", "Number": 7 }
            """);
        Assert.Equal("abc", peer.HttpHeaders["Token"]);
        Assert.True(peer.Pkcs11);
        Assert.Equal(5, peer.Timeout);
        Assert.Equal("k", peer.CertificateKeyPassword);
        Assert.Equal([new("Site", "north")], peer.UserProperties);
    }

    [Theory]
    [InlineData("[]", ErrorCode.BadFileFormat, "a list of 0")]
    [InlineData("""[ "http://h", "u" ]""", ErrorCode.BadFileFormat, "a list of 2")]
    [InlineData("""[ "" ]""", ErrorCode.BadFileFormat, "expected http://")]
    [InlineData("""[ "ftp://h" ]""", ErrorCode.BadFileFormat, "expected http://")]
    [InlineData("""[ "http://h", "u", 7 ]""", ErrorCode.BadFileFormat, "wrong type")]
    [InlineData("{}", ErrorCode.BadFileFormat, "\"Url\" is missing")]
    [InlineData("""{ "Url": "http://h", "HttpHeaders": { "A": "b\r\nC: d" } }""", ErrorCode.BadParameterType, "one line")]
    [InlineData("""{ "Url": "http://h", "Timeout": "5" }""", ErrorCode.BadParameterType, "seconds")]
    [InlineData("""{ "Url": "http://h", "CertificateFile": "none.pem" }""", ErrorCode.InexistentFile, "/base/none.pem does not exist")]
    public void FaultsAreNamed(string json, ErrorCode code, string message)
    {
        EdgeException thrown = Assert.Throws<EdgeException>(() => Parse(json));
        Assert.Equal(code, thrown.Code);
        Assert.Contains(message, thrown.Detail);
    }

    [Fact]
    public void APasswordOfTheWrongTypeIsNotPrinted()
    {
        EdgeException thrown = Assert.Throws<EdgeException>(() => Parse("""{ "Url": "http://h", "Password": 987654 }"""));
        Assert.DoesNotContain("987654", thrown.Detail);
    }

    [Fact]
    public void ASlipOfThePenIsWarnedOf()
    {
        ConfigurationProblems problems = new();
        ConfigurationNode node = ConfigurationParser.Parse("""{ "Url": "http://h", "Usrname": "u" }"""u8, "f", problems)!;
        PeerReader.Read("p", node, "p", problems, new OptionFolders("/base", "/base"));
        Assert.Contains("did you mean \"Username\"?", Assert.Single(problems.All).Message);
    }

    [Fact]
    public void WhatIsShownHoldsNoSecret()
    {
        PeerOptions peer = Parse("""{ "Url": "http://h", "Username": "u", "Password": "p1", "HttpHeaders": { "B": "p2", "A": "p3" }, "Site": "north" }""");
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            PeerReader.WritePublic(writer, peer);
        }

        Assert.Equal(
            """{"HttpHeaders":["A","B"],"Password":null,"Pkcs11":false,"Site":"north","Timeout":0,"Url":"http://h/","Username":"u"}""",
            Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static PeerOptions Parse(string json) => PeerReader.Parse("p", Encoding.UTF8.GetBytes(json), "/base");
}
