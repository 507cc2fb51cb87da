using Edge.Dimse;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Xunit;

namespace Edge.Fuzz.Tests.Dimse;

/// <summary>What was written is read and written again to the same bytes; what was damaged is read or refused, nothing else.</summary>
public sealed class AssociatePduFuzzTests
{
    [Fact]
    public Task AssociatePdus() => FuzzRun.RunAsync("A-ASSOCIATE PDUs", random =>
    {
        byte[] request = PduCodec.EncodeAssociateRequest(Samples.Request(random));
        Assert.Equal(request, PduCodec.EncodeAssociateRequest(PduCodec.DecodeAssociateRequest(request.AsSpan(PduHeader.Size))));
        byte[] accept = PduCodec.EncodeAssociateAccept(Samples.Accepted(random));
        Assert.Equal(accept, PduCodec.EncodeAssociateAccept(PduCodec.DecodeAssociateAccept(accept.AsSpan(PduHeader.Size))));
        for (int i = 0; i < 20; i++)
        {
            ReadOrRefuse(() => PduCodec.DecodeAssociateRequest(FuzzRun.Mutate(random, request.AsSpan(PduHeader.Size))));
            ReadOrRefuse(() => PduCodec.DecodeAssociateAccept(FuzzRun.Mutate(random, accept.AsSpan(PduHeader.Size))));
        }

        return Task.CompletedTask;
    });

    private static void ReadOrRefuse(Action read)
    {
        try
        {
            read();
        }
        catch (PduFormatException malformed)
        {
            Assert.NotEmpty(malformed.Message);
        }
    }
}

/// <inheritdoc cref="AssociatePduFuzzTests"/>
public sealed class CommandSetFuzzTests
{
    [Fact]
    public Task CommandSets() => FuzzRun.RunAsync("command sets", random =>
    {
        byte[] bytes = Samples.Encode(Samples.Command(random));
        Assert.Equal(bytes, Samples.Encode(CommandSetCodec.Decode(bytes)));
        for (int i = 0; i < 20; i++)
        {
            try
            {
                // What is read, however damaged, is written to something that reads the same.
                byte[] again = Samples.Encode(CommandSetCodec.Decode(FuzzRun.Mutate(random, bytes)));
                Assert.Equal(again, Samples.Encode(CommandSetCodec.Decode(again)));
            }
            catch (PduFormatException malformed)
            {
                Assert.NotEmpty(malformed.Message);
            }
        }

        return Task.CompletedTask;
    });
}
