using Edge.Core.Configuration;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

/// <summary>Variables, secrets and the environment.</summary>
public sealed class SubstitutionTests : IDisposable
{
    private readonly ConfigurationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("a${X}b", "avalueb")]
    [InlineData("${X}${X}", "valuevalue")]
    [InlineData("[${NONE}]", "[]")]
    [InlineData("${NONE:-8042}", "8042")]
    [InlineData("${X:-8042}", "value")]
    [InlineData("${EMPTY:-8042}", "")]
    [InlineData("${NONE:-a:-b}", "a:-b")]
    [InlineData("${NONE:-}", "")]
    [InlineData("${SELF}", "${SELF}")]
    [InlineData("${file:/a}", "${file:/a}")]
    [InlineData("${X", "${X")]
    [InlineData("${NONE:-8042", "${NONE:-8042")]
    [InlineData("${}", "${}")]
    [InlineData("${1X}", "${1X}")]
    [InlineData("$X", "$X")]
    [InlineData("${${X}", "${value")]
    public void VariablesAreReplacedOnce(string text, string expected)
    {
        Dictionary<string, string> environment = new() { ["X"] = "value", ["EMPTY"] = "", ["SELF"] = "${SELF}" };
        Assert.Equal(expected, VariableSubstitution.Replace(text, environment));
    }

    [Fact]
    public void AVariableMayHoldANumberOrAnObject()
    {
        _fixture.Environment["PORT"] = "8043";
        _fixture.Environment["MODALITIES"] = "{ \"a\": [ \"A\", \"h\", 104 ] }";
        LoadedConfiguration loaded = _fixture.LoadClean("{ \"HttpPort\": ${PORT}, \"DicomPort\": ${DICOM:-4243}, \"DicomModalities\": ${MODALITIES} }");
        Assert.Equal(8043, loaded.Options.Http.HttpPort);
        Assert.Equal(4243, loaded.Options.Dicom.DicomPort);
        Assert.Equal("A", loaded.Options.Remote.DicomModalities["a"].Aet);
    }

    [Theory]
    [InlineData("HttpPort", "ORTHANC__HTTP_PORT")]
    [InlineData("DicomTlsEnabled", "ORTHANC__DICOM_TLS_ENABLED")]
    [InlineData("StoreMD5ForAttachments", "ORTHANC__STORE_M_D5_FOR_ATTACHMENTS")]
    [InlineData("Edge.StorageFormat", "ORTHANC__EDGE__STORAGE_FORMAT")]
    public void EveryOptionHasAVariable(string path, string variable) => Assert.Equal(variable, OptionOverrides.VariableOf(path));

    [Fact]
    public void TheEnvironmentWinsOverTheFiles()
    {
        _fixture.Environment["ORTHANC__HTTP_PORT"] = "8043";
        _fixture.Environment["ORTHANC__STORE_MD5_FOR_ATTACHMENTS"] = "false";
        _fixture.Environment["ORTHANC__NAME"] = "123";
        _fixture.Environment["ORTHANC__EDGE__STORAGE_FORMAT"] = "raw";
        _fixture.Environment["ORTHANC__EDGE__DICOM_LISTEN_ADDRESSES"] = "[ \"127.0.0.1\" ]";
        _fixture.Environment["ORTHANC__DICOM_MODALITIES__pacs_1"] = "[ \"PACS\", \"h\", 104 ]";
        _fixture.Environment["ORTHANC__REGISTERED_USERS"] = "{ \"alice\": \"secret\" }";
        _fixture.Environment["ORTHANC__REGISTERED_USERS__bob"] = "12345";
        _fixture.Environment["ORTHANC__WORKLISTS"] = "{ \"LimitAnswers\": 7 }";
        _fixture.Environment["OTHER__HTTP_PORT"] = "1";
        LoadedConfiguration loaded = _fixture.Load("{ \"HttpPort\": 8044, \"Edge\": { \"NetworkBudgetMB\": 16 }, \"DicomModalities\": { \"ct\": [ \"CT\", \"h\", 105 ] } }");
        Assert.Equal("RegisteredUsers.bob", Assert.Single(loaded.Problems).Path); // JSON where it can be: a password of digits needs quotes
        Assert.Equal("environment ORTHANC__REGISTERED_USERS__bob:1", loaded.Problems[0].Where);
        Assert.Equal(8043, loaded.Options.Http.HttpPort);
        Assert.False(loaded.Options.Storage.StoreMD5ForAttachments);
        Assert.Equal("123", loaded.Options.General.Name);
        Assert.Equal(Edge.Core.Options.StorageFormat.Raw, loaded.Options.Edge.StorageFormat);
        Assert.Equal(16, loaded.Options.Edge.NetworkBudgetMB);
        Assert.Equal(["127.0.0.1"], loaded.Options.Edge.DicomListenAddresses);
        Assert.Equal(["ct", "pacs_1"], loaded.Options.Remote.DicomModalities.Keys.Order());
        Assert.Equal("secret", loaded.Options.Security.RegisteredUsers["alice"]);
        Assert.Equal(7, loaded.Options.Worklists.LimitAnswers);
    }

    [Fact]
    public void AVariableThatIsNoOptionWarnsWithASuggestion()
    {
        _fixture.Environment["ORTHANC__HTP_PORT"] = "1";
        ConfigurationProblem problem = _fixture.Problem("{}", false);
        Assert.Equal("environment ORTHANC__HTP_PORT", problem.Where);
        Assert.Contains("did you mean \"ORTHANC__HTTP_PORT\"?", problem.Message);
    }

    [Fact]
    public void OneOptionFromTwoVariablesIsAnError()
    {
        _fixture.Environment["ORTHANC__HTTP_PORT"] = "1";
        _fixture.Environment["ORTHANC__HTTPPORT"] = "2";
        Assert.Contains("is given by ORTHANC__HTTPPORT too", _fixture.Problem("{}").Message);
    }

    [Fact]
    public void AValueOfTheWrongTypeNamesTheVariable()
    {
        _fixture.Environment["ORTHANC__HTTP_PORT"] = "eighty";
        ConfigurationProblem problem = _fixture.Problem("{}");
        Assert.Equal("environment ORTHANC__HTTP_PORT", problem.Where);
        Assert.Contains("\"eighty\" is of the wrong type", problem.Message);
    }

    [Fact]
    public void SecretsComeFromFiles()
    {
        _fixture.Write("alice.password", "p\"a\\ss\n");
        LoadedConfiguration loaded = _fixture.LoadClean("""
            { "RegisteredUsers": { "alice": "${file:alice.password}" }, "OrthancPeers": { "p": [ "http://h", "u", "<${file:alice.password}>" ] } }
            """);
        Assert.Equal("p\"a\\ss", loaded.Options.Security.RegisteredUsers["alice"]);
        Assert.Equal("<p\"a\\ss>", loaded.Options.HttpClient.OrthancPeers["p"].Password);
    }

    [Fact]
    public void ASecretThatIsNotThereIsAnError()
    {
        LoadedConfiguration loaded = _fixture.Load("{ \"Pkcs11\": { \"Pin\": \"${file:none}\" } }");
        Assert.Contains("none does not exist", Assert.Single(loaded.Problems).Message);
    }

    [Fact]
    public void ASecretThatAllCanReadWarns()
    {
        _fixture.Write("pin", "1234", false);
        LoadedConfiguration loaded = _fixture.Load("{ \"Pkcs11\": { \"Pin\": \"${file:pin}\" } }");
        Assert.Contains("chmod o-r", Assert.Single(loaded.Problems).Message);
        Assert.Equal("1234", loaded.Options.Pkcs11.Pin);
    }

    [Fact]
    public void TheFolderOfSecretsStandsBetweenFilesAndEnvironment()
    {
        _fixture.Write("secrets/ORTHANC__REGISTERED_USERS", "{ \"alice\": \"secret\" }\n");
        _fixture.Write("secrets/ORTHANC__NAME", "from the folder\n");
        _fixture.Write("secrets/ORTHANC__HTTP_PORT", "8043");
        _fixture.Write("secrets/other", "x");
        _fixture.Environment["ORTHANC__HTTP_PORT"] = "8044";
        LoadedConfiguration loaded = _fixture.LoadClean("{ \"Name\": \"from the file\", \"Edge\": { \"SecretsFolder\": \"secrets\" } }");
        Assert.Equal("secret", loaded.Options.Security.RegisteredUsers["alice"]);
        Assert.Equal("from the folder", loaded.Options.General.Name);
        Assert.Equal(8044, loaded.Options.Http.HttpPort);
    }

    [Fact]
    public void TheFolderOfSecretsMayComeFromTheEnvironment()
    {
        _fixture.Write("secrets/ORTHANC__NAME", "from the folder");
        _fixture.Environment["ORTHANC__EDGE__SECRETS_FOLDER"] = Path.Combine(_fixture.Folder, "secrets");
        Assert.Equal("from the folder", _fixture.LoadClean("{}").Options.General.Name);
    }

    [Fact]
    public void AFolderOfSecretsThatIsNotThereIsAnError() =>
        Assert.Equal("Edge.SecretsFolder", _fixture.Problem("{ \"Edge\": { \"SecretsFolder\": \"none\" } }").Path);
}
