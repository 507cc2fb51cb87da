using Edge.CodeGen.Options;
using Edge.Core.Configuration;
using Edge.Core.Options;
using Edge.Unit.Tests.Core.Configuration;
using Xunit;

namespace Edge.Unit.Tests.Core.Options;

/// <summary>The declarations, and what is generated from them.</summary>
public sealed class OptionGenerationTests
{
    [Fact]
    public void WhatIsCheckedInIsWhatTheDeclarationsGive()
    {
        string root = Repository();
        foreach ((string path, string content) in OptionGeneration.Generate(root))
        {
            Assert.True(content == File.ReadAllText(Path.Combine(root, path)), $"{path} is stale: run ./build.sh generate options");
        }
    }

    [Fact]
    public void TheTableDescribesTheDefaultsOfTheDeclarations()
    {
        // Binding the sample, which is written from the table, must give what new EdgeOptions() gives.
        using ConfigurationFixture fixture = new();
        EdgeOptions sample = fixture.LoadClean(SampleConfiguration.Write(OptionTable.Create())).Options;
        EdgeOptions none = fixture.LoadPath(null).Options;
        Assert.Equal(Dump(none), Dump(sample));
    }

    [Fact]
    public void EveryOptionIsBound()
    {
        // Each option is given a value of its own, which must show in the options.
        using ConfigurationFixture fixture = new();
        string before = Dump(fixture.LoadPath(null).Options);
        OptionDescriptor[] table = OptionTable.Create();
        Assert.True(table.Length > 140, $"{table.Length} options");
        foreach (OptionDescriptor option in table.Where(static option => option.Kind != OptionKind.Map && option.Format != OptionFormat.File))
        {
            string value = Another(option);
            LoadedConfiguration loaded = fixture.Load(Nest(option.Path, value));
            Assert.True(Dump(loaded.Options) != before, $"{option.Path}: {value} has no effect");
        }
    }

    [Fact]
    public void TheExampleOfEveryOptionIsWellFormed()
    {
        using ConfigurationFixture fixture = new();
        fixture.Write("${file:none}", "");
        foreach (OptionDescriptor option in OptionTable.Create().Where(static option => option.Example.Length > 0))
        {
            string json = Nest(option.Path, option.Example.Replace("${file:", "${nofile:"));
            if (option.Path.StartsWith("Edge.Forwarding.", StringComparison.Ordinal))
            {
                json = json.Insert(1, "\"DicomModalities\": { \"pacs\": [ \"PACS\", \"localhost\", 104 ] },");
            }

            Assert.Empty(fixture.Load(json).Problems);
        }
    }

    [Fact]
    public void VariablesOfAllOptionsDiffer()
    {
        OptionDescriptor[] table = OptionTable.Create();
        Assert.Equal(table.Length, table.Select(static option => option.Path.Replace(".", "__").ToUpperInvariant()).Distinct().Count());
    }

    private static string Another(OptionDescriptor option) => option.Kind switch
    {
        OptionKind.Boolean => option.Default == "true" ? "false" : "true",
        OptionKind.Integer => option.Max < 65535 && option.Default == option.Max.ToString() ? option.Min.ToString() : (int.Parse(option.Default) + 1).ToString(),
        OptionKind.Choice => $"\"{option.Choices.First(choice => $"\"{choice}\"" != option.Default)}\"",
        OptionKind.TextList => $"[ \"{AnotherText(option)}\" ]",
        _ => $"\"{AnotherText(option)}\"",
    };

    private static string AnotherText(OptionDescriptor option) => option.Format switch
    {
        OptionFormat.Uid or OptionFormat.UidPattern => "1.2.3",
        OptionFormat.IpAddress => "127.0.0.2",
        _ when option.Choices.Length > 0 => option.Choices[0],
        _ => "another",
    };

    private static string Nest(string path, string value)
    {
        foreach (string name in path.Split('.').Reverse())
        {
            value = $"{{ \"{name}\": {value} }}";
        }

        return value;
    }

    // Reflection is for tests alone: it sees what the generated code might have forgotten.
    private static string Dump(object value) => System.Text.Json.JsonSerializer.Serialize(value);

    private static string Repository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Edge.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
