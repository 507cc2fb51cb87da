using Edge.Dicom.Tags;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Engine.Ports;
using Edge.Services.Scp;
using Edge.Services.Scu;
using Xunit;

namespace Edge.Unit.Tests.Services;

public sealed class SendPlanTests
{
    private const string Explicit = "1.2.840.10008.1.2.1";
    private const string Jpeg = "1.2.840.10008.1.2.4.50";
    private const string Mpeg = "1.2.840.10008.1.2.4.100";

    [Fact]
    public void EachClassAndSyntaxIsProposedOnce()
    {
        OutgoingInstance[] instances = [Instance("1.1", Jpeg), Instance("1.1", Jpeg), Instance("1.1", Explicit)];
        var contexts = SendPlan.Contexts(instances, 0, null, mayRecode: true, out int end);
        Assert.Equal(3, end);
        Assert.Equal([Jpeg, Explicit, "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"], contexts.Select(one => Assert.Single(one.TransferSyntaxes)));
        Assert.Equal(2, SendPlan.Contexts(instances, 0, null, mayRecode: false, out _).Count);
    }

    [Fact]
    public void MoreThanAnAssociationHoldsIsSplit()
    {
        OutgoingInstance[] instances = [.. Enumerable.Range(0, 300).Select(i => Instance($"1.{i}", Mpeg))];
        int at = 0;
        List<int> sizes = [];
        while (at < instances.Length)
        {
            var contexts = SendPlan.Contexts(instances, at, null, mayRecode: true, out int end);
            Assert.InRange(contexts.Count, 1, PduLimits.Contexts);
            sizes.Add(end - at);
            at = end;
        }

        Assert.Equal([128, 128, 44], sizes);
    }

    [Fact]
    public void AnInstanceGoesInItsOwnSyntaxOrOneItCanBeTranscodedTo()
    {
        PresentationContext own = new(1, "1.1", Explicit, LocalScu: true, LocalScp: false);
        PresentationContext other = new(3, "1.1", "1.2.840.10008.1.2", LocalScu: true, LocalScp: false);
        Assert.Same(own, SendPlan.Choose([other, own], Instance("1.1", Explicit), null, mayRecode: true));
        Assert.Same(other, SendPlan.Choose([other], Instance("1.1", Explicit), null, mayRecode: true));
        Assert.Null(SendPlan.Choose([other], Instance("1.1", Explicit), null, mayRecode: false));
        Assert.Same(other, SendPlan.Choose([other], Instance("1.1", Jpeg), null, mayRecode: true));
        Assert.Null(SendPlan.Choose([other], Instance("1.1", Mpeg), null, mayRecode: true));
        Assert.Null(SendPlan.Choose([own], Instance("1.2", Explicit), null, mayRecode: true));
    }

    [Theory]
    [InlineData(0x0000, SendStatus.Sent)]
    [InlineData(0xB007, SendStatus.Sent)]
    [InlineData(0x0111, SendStatus.Sent)]
    [InlineData(0xA700, SendStatus.TransientFailure)]
    [InlineData(0x0110, SendStatus.TransientFailure)]
    [InlineData(0xA900, SendStatus.PermanentFailure)]
    [InlineData(0xC000, SendStatus.PermanentFailure)]
    [InlineData(0x0122, SendStatus.PermanentFailure)]
    public void StatusesTellWhetherToTryAgain(int code, SendStatus expected)
    {
        SendResult result = SendStatuses.ResultOf(Instance("1.1", Explicit), (DimseStatus)(ushort)code);
        Assert.Equal(expected, result.Status);
        Assert.Equal((ushort)code, result.DimseStatus);
        Assert.Equal(expected == SendStatus.Sent, result.Failure is null);
    }

    [Fact]
    public void WhatAPeerSaysOfAFailureIsForNoLogAndForgesNoLine()
    {
        SendResult result = SendStatuses.ResultOf(Instance("1.1", Explicit), ((DimseStatus)(ushort)0xA900) with { Comment = "Doe^John\r\n2026 E fake\u001b[2J" + new string('x', 100) });
        Assert.DoesNotContain("Doe", result.Failure!.Message);
        Assert.StartsWith("Doe^John??2026 E fake?[2J", result.Comment);
        Assert.Equal(64, result.Comment.Length);
    }

    [Fact]
    public void SubOperationsAreCounted()
    {
        RetrieveAnswers answers = new(3, TransferSyntax.ExplicitVrLittleEndian);
        answers.Count(Instance("1.1", Explicit), isStored: true, 0);
        Assert.Equal(new SubOperations(2, 1, 0, 0), answers.Pending().SubOperations);
        answers.Count(Instance("1.1", Explicit), isStored: true, 0xB000);
        answers.Count(Instance("1.1", Explicit), isStored: false, null);
        DimseResponse final = answers.Final(isCancelled: false, 0xA702);
        Assert.Equal(0xB000, final.Status.Code);
        Assert.Equal(new SubOperations(null, 1, 1, 1), final.SubOperations);
        Assert.Contains("9.9", System.Text.Encoding.ASCII.GetString(final.DataSet.Span));
        RetrieveAnswers none = new(1, TransferSyntax.ExplicitVrLittleEndian);
        none.Count(Instance("1.1", Explicit), isStored: false, 0xA700);
        Assert.Equal(0xA702, none.Final(isCancelled: false, 0xA702).Status.Code);
    }

    private static OutgoingInstance Instance(string sopClass, string syntax) => new Sample { SopClassUid = sopClass, SopInstanceUid = "9.9", TransferSyntaxUid = syntax };

    private sealed class Sample : OutgoingInstance
    {
        public override ValueTask<Stream> OpenDataSetAsync(CancellationToken cancellation) => ValueTask.FromResult<Stream>(new MemoryStream());
    }
}
