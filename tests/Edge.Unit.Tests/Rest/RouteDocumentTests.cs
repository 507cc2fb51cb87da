using Edge.CodeGen.Routes;
using Edge.Rest.Specification;
using Edge.TestKit;
using Xunit;

namespace Edge.Unit.Tests.Rest;

/// <summary>What is generated from the route tables and the specification's operations.</summary>
public sealed class RouteDocumentTests
{
    [Fact]
    public void WhatIsCheckedInIsWhatTheTablesGive()
    {
        foreach ((string path, string content) in RouteDocument.Generate(RepositoryPaths.Root))
        {
            Assert.True(content == File.ReadAllText(Path.Combine(RepositoryPaths.Root, path)), $"{path} is stale: run ./build.sh generate routes");
        }
    }

    [Fact]
    public void TheBinaryHoldsAllOperations()
    {
        List<Operation> operations = OperationTable.Read();
        Assert.Equal(299, operations.Count);
        Assert.Equal(299, operations.Select(static operation => $"{operation.Method} {OperationTable.Shape(operation.Path)}").Distinct().Count());
        Operation find = operations.Single(static operation => operation is { Method: "POST", Path: "/tools/find" });
        Assert.Contains(find.Parameters, static parameter => parameter is { Place: ParameterPlace.Body, Name: "OrderBy", Type: "[map]", IsRequired: false });
    }

    [Theory]
    [InlineData("        new(\"GET\", \"/a\",\n            HandlerAsync, \"A\"),\n")]
    [InlineData("        new(\"GET\", \"/a\", HandlerAsync, \"A\"),\n        new(\"GET\", \"/a\", OtherAsync, \"B\"),\n")]
    public void ARowThatCannotBeReadOrIsThereTwiceIsRefused(string table)
    {
        using TemporaryFolder folder = new("edge-routes-");
        Directory.CreateDirectory(folder.Combine("src/Edge.Rest"));
        File.WriteAllText(folder.Combine("src/Edge.Rest/Table.cs"), table);
        Assert.Throws<FormatException>(() => RouteSource.Read(folder.Path));
    }
}
