using Edge.Core.Configuration;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

/// <summary>Who may use the server: no user is ever made up.</summary>
public sealed class AccessRulesTests : IDisposable
{
    private readonly ConfigurationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void RemoteAccessWithoutUsersIsAnErrorThatSaysWhatToDo()
    {
        ConfigurationProblem problem = _fixture.Problem("{ \"RemoteAccessAllowed\": true }");
        Assert.Equal("RemoteAccessAllowed", problem.Path);
        Assert.Contains("RegisteredUsers", problem.Message);
        Assert.Contains("hash-password", problem.Message);
        Assert.Contains("\"AuthenticationEnabled\": false", problem.Message);
    }

    [Fact]
    public void AuthenticationWithoutUsersIsAnError() =>
        Assert.Equal("AuthenticationEnabled", _fixture.Problem("{ \"AuthenticationEnabled\": true }").Path);

    [Fact]
    public void RemoteAccessWithUsersDemandsAuthentication()
    {
        LoadedConfiguration loaded = _fixture.LoadClean("{ \"RemoteAccessAllowed\": true, \"RegisteredUsers\": { \"alice\": \"secret\" } }");
        Assert.True(loaded.Options.Security.IsAuthenticationDemanded);
        Assert.Equal("secret", loaded.Options.Security.RegisteredUsers["alice"]);
    }

    [Fact]
    public void OpenToAllInSoManyWordsWarns()
    {
        ConfigurationProblem problem = _fixture.Problem("{ \"RemoteAccessAllowed\": true, \"AuthenticationEnabled\": false }", false);
        Assert.Contains("every right", problem.Message);
    }

    [Fact]
    public void AFaultyUserIsReportedOnceAndItsPasswordNever()
    {
        ConfigurationProblem problem = _fixture.Problem("{ \"RemoteAccessAllowed\": true, \"RegisteredUsers\": { \"alice\": 123456789 } }");
        Assert.Equal("RegisteredUsers.alice", problem.Path);
        Assert.DoesNotContain("123456789", problem.ToString());
    }

    [Theory]
    [InlineData("a:b", "x", "without a colon")]
    [InlineData("a", "", "empty")]
    [InlineData("a", "pbkdf2-sha256$600000$AAAA$AAAA", "damaged")]
    public void BadUsersAreErrors(string name, string password, string message) =>
        Assert.Contains(message, _fixture.Problem($"{{ \"RegisteredUsers\": {{ \"{name}\": \"{password}\" }} }}").Message);

    [Fact]
    public void DicomTlsDemandsItsFiles()
    {
        LoadedConfiguration loaded = _fixture.Load("{ \"DicomTlsEnabled\": true }");
        Assert.Equal(
            ["DicomTlsCertificate", "DicomTlsPrivateKey", "DicomTlsTrustedCertificates"],
            loaded.Problems.Where(static problem => problem.IsError).Select(static problem => problem.Path));
        Assert.Equal("edge.json:1", loaded.Problems[0].Where);
    }
}
