using System.Text;
using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Options;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

public sealed class ModalityReaderTests
{
    [Fact]
    public void AListOfThreeIsEnough()
    {
        ModalityOptions modality = Parse("""[ "PACS", "10.0.0.1", 104 ]""");
        Assert.Equal(new ModalityOptions { Aet = "PACS", Host = "10.0.0.1", Port = 104 }, modality);
        Assert.True(modality.AllowEventReport);
        Assert.Equal(RetrieveMethod.SystemDefault, modality.RetrieveMethod);
    }

    [Theory]
    [InlineData("Generic", ModalityManufacturer.Generic)]
    [InlineData("GenericNoWildcardInDates", ModalityManufacturer.GenericNoWildcardInDates)]
    [InlineData("GenericNoUniversalWildcard", ModalityManufacturer.GenericNoUniversalWildcard)]
    [InlineData("Vitrea", ModalityManufacturer.Vitrea)]
    [InlineData("GE", ModalityManufacturer.GE)]
    [InlineData("AgfaImpax", ModalityManufacturer.GenericNoWildcardInDates)]
    [InlineData("SyngoVia", ModalityManufacturer.GenericNoWildcardInDates)]
    [InlineData("EFilm2", ModalityManufacturer.Generic)]
    [InlineData("MedInria", ModalityManufacturer.Generic)]
    [InlineData("ClearCanvas", ModalityManufacturer.Generic)]
    [InlineData("Dcm4Chee", ModalityManufacturer.Generic)]
    public void ManufacturersAreKnown(string text, ModalityManufacturer expected) =>
        Assert.Equal(expected, Parse($$"""[ "PACS", "h", "104", "{{text}}" ]""").Manufacturer);

    [Fact]
    public void AnObjectMayHoldEverything()
    {
        ModalityOptions modality = Parse("""
            { "AET": "PACS", "Host": "h", "Port": "104", "Manufacturer": "GE", "AllowEcho": false, "AllowFind": false, "AllowFindWorklist": false,
              "AllowGet": false, "AllowMove": false, "AllowStore": false, "AllowTranscoding": false, "UseDicomTls": true,
              "LocalAet": "ME", "Timeout": 7, "RetrieveMethod": "C-GET", "AllowStorageCommitment": false, "AllowEventReport": true }
            """);
        Assert.Equal(
            new ModalityOptions
            {
                Aet = "PACS", Host = "h", Port = 104, Manufacturer = ModalityManufacturer.GE, AllowEcho = false, AllowFind = false,
                AllowFindWorklist = false, AllowGet = false, AllowMove = false, AllowStore = false, AllowTranscoding = false, UseDicomTls = true,
                LocalAet = "ME", Timeout = 7, RetrieveMethod = RetrieveMethod.CGet, AllowNAction = false, AllowEventReport = true,
            },
            modality);
    }

    [Theory]
    [InlineData("a b", """[ "A", "h", 1 ]""", ErrorCode.BadFileFormat, "not a name")]
    [InlineData("", """[ "A", "h", 1 ]""", ErrorCode.BadFileFormat, "not a name")]
    [InlineData("a", """[ "A", "h" ]""", ErrorCode.BadFileFormat, "a list of 2")]
    [InlineData("a", """[ "A", "h", 1, "GE", 2 ]""", ErrorCode.BadFileFormat, "a list of 5")]
    [InlineData("a", "7", ErrorCode.BadFileFormat, "7: expected [ AET")]
    [InlineData("a", """[ "A", "h", 0 ]""", ErrorCode.ParameterOutOfRange, "1 to 65534")]
    [InlineData("a", """[ "A", "h", 65535 ]""", ErrorCode.ParameterOutOfRange, "1 to 65534")]
    [InlineData("a", """[ "A", "h", "65535" ]""", ErrorCode.ParameterOutOfRange, "1 to 65534")]
    [InlineData("a", """[ "A", "h", "x" ]""", ErrorCode.BadFileFormat, "not a port")]
    [InlineData("a", """[ "A", "h", 1, "Siemens" ]""", ErrorCode.ParameterOutOfRange, "\"Siemens\" is not known")]
    [InlineData("a", """[ "A\\B", "h", 1 ]""", ErrorCode.BadApplicationEntityTitle, "without backslash")]
    [InlineData("a", """[ "A", "", 1 ]""", ErrorCode.BadFileFormat, "host name")]
    [InlineData("a", """{ "AET": "A", "Port": 1 }""", ErrorCode.BadFileFormat, "\"Host\" is missing")]
    [InlineData("a", """{ "AET": "A", "Host": "h", "Port": 1, "AllowFind": 1 }""", ErrorCode.BadParameterType, "a.AllowFind")]
    [InlineData("a", """{ "AET": "A", "Host": "h", "Port": 1, "Timeout": -1 }""", ErrorCode.ParameterOutOfRange, "seconds from 0")]
    [InlineData("a", """{ "AET": "A", "Host": "h", "Port": 1, "RetrieveMethod": "GET" }""", ErrorCode.ParameterOutOfRange, "C-MOVE, C-GET")]
    [InlineData("a", "{", ErrorCode.BadJson, "not valid JSON")]
    public void FaultsAreNamed(string name, string json, ErrorCode code, string message)
    {
        EdgeException thrown = Assert.Throws<EdgeException>(() => ModalityReader.Parse(name, Encoding.UTF8.GetBytes(json)));
        Assert.Equal(code, thrown.Code);
        Assert.Contains(message, thrown.Detail);
    }

    [Fact]
    public void UnknownMembersAndObsoleteManufacturersWarn()
    {
        ConfigurationProblems problems = new();
        ConfigurationNode node = ConfigurationParser.Parse("""{ "AET": "A", "Host": "h", "Port": 1, "Manufacturer": "EFilm2", "AllowFid": true }"""u8, "f", problems)!;
        Assert.NotNull(ModalityReader.Read("a", node, "a", problems));
        Assert.Equal(2, problems.All.Count);
        Assert.Contains("use \"Generic\"", problems.All[0].Message);
        Assert.Contains("did you mean \"AllowFind\"?", problems.All[1].Message);
    }

    [Fact]
    public void WhatIsWrittenIsTheFullObjectAndReadsBack()
    {
        ModalityOptions modality = Parse("""[ "PACS", "h", 104, "Vitrea" ]""");
        string json = Write(modality);
        Assert.StartsWith("""{"AET":"PACS","AllowEcho":true,"AllowEventReport":true,""", json);
        Assert.DoesNotContain("AllowStorageCommitment", json);
        Assert.Contains("\"Manufacturer\":\"Vitrea\",\"Port\":104,\"RetrieveMethod\":\"SystemDefault\",\"Timeout\":0,\"UseDicomTls\":false}", json);
        Assert.Equal(modality, Parse(json));
    }

    private static ModalityOptions Parse(string json) => ModalityReader.Parse("a", Encoding.UTF8.GetBytes(json));

    private static string Write(ModalityOptions modality)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            ModalityReader.Write(writer, modality);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
